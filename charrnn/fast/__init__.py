"""The same numbers in less time: layers and an optimizer for processors without a GPU.

Leaves that know no model; ``charrnn.model`` alone decides which forward pass runs.

    gru         a Keras layer with the equations and weights of Keras' own
    folded      layers -> logits, the embedding folded into the first input projection
    recurrence  its loop over time, written out, with its gradient
    dropout     random bytes in place of random floats
    processor   what the machine multiplies well: bfloat16, a GPU
    muon        the optimizer of the recipes: orthogonal steps for recurrent kernels
"""
