"""Character-level text generation with recurrent networks.

The package that the chapters of the book share. Each module is one arrow of the data flow:

    corpora             name or path  -> text
    vocabulary          text          <-> ids
    survey              text          -> what to know before training on it
    known_source        seed          -> text whose entropy is known
    windows             ids           -> batches
    recurrence          inputs, state -> outputs, state: the GRU written out, with its gradient
    gru                 the same as a Keras layer
    model               batches       -> logits, state
    fast                the same, faster in training; the state carried from batch to batch
    muon                gradients     -> steps
    training            model, data   -> trained model
    checkpoints         a run         <-> its folder
    recipes             text, minutes -> trained model
    scheduled_sampling  training on the model's own characters
    prompts             texts         -> ids, checked
    stateful            models that keep their state in the layer
    generation          prompt, state -> text, in TensorFlow
    sampler             the same in NumPy alone
    weights             arrays        <-> files
    export              model         -> files that others load
    metrics             model, ids    -> loss in nats and bits per character; baselines
    writing             texts         -> measures of how they are written
    coloured            text, values  -> HTML in which the values are colours
    plots               every figure with data
    diagrams            drawings without data
    command_line        ``python -m charrnn``: train, sample, evaluate

``backend`` loads TensorFlow; ``files``, ``downloads``, ``hyperparameters``, ``processor`` and
``dropout`` serve the others.

Importing ``charrnn`` imports none of them: ``charrnn.sampler`` works where TensorFlow is missing.
"""

__version__ = "0.1.0"
