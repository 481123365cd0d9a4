"""Character-level text generation with recurrent networks.

The package that the chapters of the book share. Each module is one arrow of the data flow:

    corpora             name or path  -> text
    vocabulary          text          <-> ids
    windows             ids           -> batches
    model               batches       -> logits, state
    training            model, data   -> trained model
    checkpoints         a run         <-> its folder
    scheduled_sampling  training on the model's own characters
    prompts             texts         -> ids, checked
    generation          prompt, state -> text, in TensorFlow
    sampler             the same in NumPy alone
    weights             arrays        <-> files
    export              model         -> files that others load
    metrics             model, ids    -> loss in nats and bits per character; baselines
    plots               every figure of the book

``backend`` loads TensorFlow; ``files``, ``downloads`` and ``hyperparameters`` serve the others.

Importing ``charrnn`` imports none of them: ``charrnn.sampler`` works where TensorFlow is missing.
"""

__version__ = "0.1.0"
