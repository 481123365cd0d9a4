"""Character-level text generation with recurrent networks: the package that the chapters share.

The path of a text; each module names what goes in and what comes out:

    corpora         a name, path or address -> text
    vocabulary      text          <-> ids
    encoded         a name, path or address -> ids, however long the text is
    windows         ids           -> batches
    model           ids           -> logits and states
    streams         the same, with the state carried from batch to batch
    training        a model and batches -> a trained model
    checkpoints     a run         <-> its folder
    frequencies     ids           -> how often each occurs, and what that says before training
    recipes         a text, a time -> sizes and settings
    timed_training  ids, seconds -> a trained model
    prompts         texts         -> ids, checked
    generation      a model and prompts -> text
    sampler         the same in NumPy alone
    metrics         a model and ids -> loss; n-grams to compare with
    weights         arrays        <-> files
    export          a model       <-> files that others load
    command_line    `python -m charrnn`, or `charrnn`: survey, train, sample, page, evaluate

What these share, and behind one word each what serves them:

    backend        TensorFlow and Keras, loaded in silence
    named_corpora  where the corpora come from that have names, and what is kept of them

    own_text  a text of one's own -> a model's file: what `charrnn train` does
    fast      the same numbers in less time
    variants  other ways that chapters try
    texts     what a text is like
    figures   plots, diagrams, text in colours
    live      a model in a web page: elements of the book's pages, and a page of one's own
    support   files, locks, signals, downloads

Imports run one way: support < backend < fast < the path < variants, texts, figures, own_text <
live < command_line.

Importing ``charrnn`` imports none of them. What samples, counts n-grams, fetches and surveys a text
and makes a page works without TensorFlow, which the extra ``train`` brings: ``sampler``,
``metrics``, ``corpora``, ``texts``, ``live``. The losses of a model load it when they are computed.

Systems A to D, which docstrings name, are four tutorials of the TensorFlow project that the book
rebuilds; its appendix says which.
"""

__version__ = "0.2.0"
