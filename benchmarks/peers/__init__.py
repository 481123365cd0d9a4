"""Other programs, which import nothing of this book.

stored               a model's file as such a program reads it
system_a             TensorFlow's tutorial on text generation: what the following share
system_a_data        its way from text to batches
system_a_training    its training, and Keras with other settings
system_a_generation  its loop
torch_gru            PyTorch's GRU at the same sizes
torch_training       its training
torch_generation     its generation
transformer          a small transformer
transformer_large    a larger one, for a given time
"""
