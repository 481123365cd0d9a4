"""Other ways that chapters try.

stateful            a Sequential model whose layer keeps the state (systems C and D)
scheduled_sampling  training on characters that the model has drawn itself
workers             a training step of which several processes do a share
transformer         blocks of attention in place of a recurrent layer
"""
