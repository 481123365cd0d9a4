"""Character-level text generation with recurrent networks.

The package that the chapters of the book share. Each module is one arrow of the data flow:

    corpora      name or path  -> text
    vocabulary   text          <-> ids
    windows      ids           -> batches
    model        batches       -> logits, state
    training     model, data   -> trained model, checkpoints, history
    generation   prompt, state -> text, in TensorFlow
    sampler      the same in NumPy alone
    export       model         -> files that others load
    metrics      model, ids    -> loss in nats and bits per character; baselines
    plots        every figure of the book

Importing ``charrnn`` imports none of them: ``charrnn.sampler`` works where TensorFlow is missing.
"""

__version__ = "0.1.0"
