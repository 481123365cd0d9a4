"""Prompts and state -> text, in TensorFlow.

One step at a time from Python, which shows what happens, and the whole loop in one graph, which is
faster. Both draw the same characters for the same seed.
"""

from collections.abc import Sequence
from typing import Any

from charrnn.backend import tf
from charrnn.model import for_generation
from charrnn.prompts import (
    FITTING,
    HIGHEST,
    LENGTH,
    LONGEST,
    LOWEST,
    ROOM,
    SEED,
    TEMPERATURE,
    check_generation,
    check_likely,
    check_sampling,
    check_vocabulary,
    encode_prompts,
)
from charrnn.vocabulary import UNKNOWN_ID, Vocabulary

__all__ = [
    "Generator",
    "OneStep",
    "check_draw",
    "continue_ids",
    "generate",
    "keep_likely",
]


def check_draw(temperature: Any, seed: Any) -> None:
    """Raise InvalidArgumentError for a temperature or seed that cannot be, in a graph, too.

    Args:
        temperature: scalar, float32.
        seed: integers.
    """
    # The bare operation: the guard that TensorFlow puts around it otherwise costs time each step.
    warm = (temperature >= LOWEST) & (temperature <= HIGHEST)
    received = ", received"
    tf.raw_ops.Assert(condition=warm, data=[TEMPERATURE + received, temperature])
    tf.raw_ops.Assert(condition=tf.reduce_all(seed >= 0), data=[SEED + received, seed])


def keep_likely(logits: Any, top_k: int | None, top_p: float | None) -> Any:
    """Make all but the likely ids of each row impossible.

    Args:
        logits: shape (batch, vocabulary).
        top_k: how many ids to keep; ids that are as likely as the last of them stay, too.
        top_p: keep the fewest ids whose probabilities add up to at least this; of what ``top_k``
            has left, if both are given.

    Returns:
        The logits, -inf where an id is not kept.

    Source: top-k, Fan et al. 2018; nucleus sampling, Holtzman et al. 2020.
    """
    if top_k is not None:
        lowest = tf.sort(logits, direction="DESCENDING")[:, min(top_k, logits.shape[1]) - 1]
        logits = tf.where(logits < lowest[:, None], -float("inf"), logits)
    if top_p is not None:
        ordered = tf.sort(logits, direction="DESCENDING")
        before = tf.cumsum(tf.nn.softmax(ordered), axis=1, exclusive=True)
        kept = tf.where(before < top_p, ordered, float("inf"))
        logits = tf.where(logits < tf.reduce_min(kept, axis=1)[:, None], -float("inf"), logits)
    return logits


class OneStep(tf.Module):  # type: ignore[misc]
    """One character further: ids and states in, the next ids and states out.

    Source: system A of the TensorFlow tutorials, on ids instead of texts.
    """

    def __init__(self, model: Any, top_k: int | None = None, top_p: float | None = None) -> None:
        """Take a model and, if not all ids may be drawn, which ones: see ``keep_likely``."""
        super().__init__()
        check_likely(top_k, top_p)
        self.model, self.top_k, self.top_p = model, top_k, top_p
        vocabulary_size = model.hyperparameters["vocabulary_size"]
        # -inf makes [UNK] impossible, 0 leaves the other ids as they are.
        self.mask = tf.where(tf.range(vocabulary_size) == UNKNOWN_ID, -float("inf"), 0.0)

    @tf.function(reduce_retracing=True)
    def __call__(self, ids: Any, states: Any, temperature: Any, seed: Any) -> Any:
        """Draw the next id of each row.

        Args:
            ids: the current id of each row, shape (batch,).
            states: as of ``CharacterModel``.
            temperature: scalar, float32.
            seed: two integers; equal seeds draw equal ids.

        Returns:
            The next ids, shape (batch,), int32, and the states.

        Raises:
            InvalidArgumentError: see ``check_draw``.
        """
        check_draw(temperature, seed)
        logits, states = self.model(ids[:, None], states=states, return_state=True)
        logits = tf.cast(logits[:, -1], tf.float32)  # (batch, vocabulary)
        logits = logits / temperature + self.mask
        logits = keep_likely(logits, self.top_k, self.top_p)
        drawn = tf.random.stateless_categorical(logits, 1, seed, dtype=tf.int32)
        return drawn[:, 0], states


def generate(
    one_step: OneStep,
    vocabulary: Vocabulary,
    prompts: Sequence[str],
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> list[str]:
    """Continue several prompts at once with a loop in Python.

    As long as a prompt lasts, its own next character is fed to the model; after that the drawn one.

    Args:
        one_step: of a trained model.
        vocabulary: of that model.
        prompts: texts of any lengths.
        length: characters to add to each.
        temperature: below 1 more careful, above 1 bolder.
        seed: equal seeds give equal texts.

    Returns:
        Each prompt with its continuation.

    Raises:
        ValueError: an empty or unknown prompt, a vocabulary of another size than the model's, a
            length, temperature or seed that cannot be.
    """
    check_generation(vocabulary, len(one_step.mask), prompts, length, temperature, seed)
    prompt_ids, lengths = encode_prompts(prompts, vocabulary)
    states = one_step.model.initial_states(len(prompts))
    heat = tf.constant(temperature, tf.float32)
    ids = tf.constant(prompt_ids[:, 0])
    texts = [ids]
    for step in range(1, max(lengths) + length):
        ids, states = one_step(ids, states, heat, tf.constant([seed, step]))
        if step < prompt_ids.shape[1]:
            ids = tf.where(step < lengths, prompt_ids[:, step], ids)
        texts.append(ids)
    rows = tf.stack(texts, axis=1).numpy()  # (batch, time)
    return [vocabulary.decode(row[: end + length]) for row, end in zip(rows, lengths, strict=True)]


def continue_ids(
    one_step: OneStep, prompt_ids: Any, ends: Any, length: Any, temperature: Any, seed: Any
) -> Any:
    """Continue several prompts at once with a loop that ``tf.function`` turns into a graph.

    Args:
        one_step: of a trained model.
        prompt_ids: shape (batch, longest), int32, filled up with 0; the signature of the
            graph leaves the batch size open, or the step's own graph may not fit the loop.
        ends: length of each prompt, shape (batch,), int32.
        length: characters to add to each, scalar tensor.
        temperature: scalar tensor above 0.
        seed: scalar tensor; equal seeds draw equal ids.

    Returns:
        Ids, shape (batch, longest + length); what exceeds a row's own end is to be left out.
    """
    steps = tf.shape(prompt_ids)[1] + length
    states = one_step.model.initial_states(tf.shape(prompt_ids)[0])
    prompt_ids = tf.pad(prompt_ids, [[0, 0], [0, length]])
    ids = prompt_ids[:, 0]
    texts = tf.TensorArray(tf.int32, steps).write(0, ids)
    for step in tf.range(1, steps):
        ids, states = one_step(ids, states, temperature, tf.stack([seed, step]))
        ids = tf.where(step < ends, prompt_ids[:, step], ids)
        texts = texts.write(step, ids)
    return tf.transpose(texts.stack())  # (time, batch) -> (batch, time)


SIGNATURE = (
    tf.TensorSpec((None,), tf.string, "prompts"),
    tf.TensorSpec((), tf.int32, "length"),
    tf.TensorSpec((), tf.float32, "temperature"),
    tf.TensorSpec((), tf.int32, "seed"),
)


class Generator(tf.Module):  # type: ignore[misc]
    """Texts in, texts out, for any number of prompts of any lengths, in one graph.

    ``in_graph`` is the graph, ``table`` the resource it reads besides the model's weights.
    """

    def __init__(
        self,
        model: Any,
        vocabulary: Vocabulary,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> None:
        """Take a model, its vocabulary and, if not all ids may be drawn, ``keep_likely``'s ones."""
        super().__init__()
        check_vocabulary(vocabulary, model.hyperparameters["vocabulary_size"])
        self.one_step = OneStep(model, top_k, top_p)
        self.vocabulary = vocabulary
        characters = list(vocabulary.characters)
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                characters, tf.range(1, len(vocabulary), dtype=tf.int32)
            ),
            default_value=UNKNOWN_ID,
        )
        self.symbols = tf.constant(list(vocabulary.symbols))
        # Not a decorated method: TensorFlow 2.21 was seen, once, to trace one whose graph calls
        # another such method with its stand-in for ``self``, which has none of its attributes.
        self.in_graph = tf.function(self._continue, input_signature=SIGNATURE)

    def __call__(self, prompts: Any, length: Any, temperature: Any, seed: Any) -> Any:
        """Continue each prompt.

        Args:
            prompts: UTF-8 texts, shape (batch,).
            length: characters to add to each, scalar.
            temperature: scalar above 0.
            seed: scalar; equal seeds give equal texts.

        Returns:
            Texts, shape (batch,).

        Raises:
            ValueError: a number of Python that cannot be. What int32 cannot hold TensorFlow would
                cut without a word.
            InvalidArgumentError: the same of a tensor; an empty or unknown prompt. A graph cannot
                raise ValueError.
        """
        numbers = length, temperature, seed
        if not any(map(tf.is_tensor, numbers)):
            check_sampling([] if tf.is_tensor(prompts) else prompts, *numbers)
        return self.in_graph(prompts, *numbers)

    def _continue(self, prompts: Any, length: Any, temperature: Any, seed: Any) -> Any:
        """``__call__`` on tensors; what ``charrnn.prompts`` checks is checked here in the graph."""
        characters = tf.strings.unicode_split(prompts, "UTF-8")
        ends = tf.cast(characters.row_lengths(), tf.int32)  # (batch,)
        known = self.table.lookup(characters.flat_values)
        check_draw(temperature, seed)  # here, too, for there may be no step
        rows, longest = tf.size(ends, tf.int64), tf.cast(tf.reduce_max(ends), tf.int64)
        steps = longest + tf.cast(length, tf.int64)
        fits = (steps <= LONGEST) & (rows * steps <= ROOM)
        checks = [
            tf.debugging.assert_positive(tf.size(prompts), "prompts: expected at least one"),
            tf.debugging.assert_greater(ends, 0, "prompts: expected at least one character"),
            tf.debugging.assert_greater(known, UNKNOWN_ID, "prompts: expected known characters"),
            tf.debugging.assert_non_negative(length, LENGTH),
            tf.debugging.Assert(fits, [FITTING + ", received", length]),
        ]
        # A graph runs in any order that its data allow: the rest waits for the checks.
        with tf.control_dependencies(checks):
            known, length = tf.identity(known), tf.identity(length)
        prompt_ids = characters.with_flat_values(known).to_tensor()  # (batch, longest)
        # Made in the graph: the weights are those of the moment of the call.
        model = for_generation(self.one_step.model)
        one_step = OneStep(model, self.one_step.top_k, self.one_step.top_p)
        rows = continue_ids(one_step, prompt_ids, ends, length, temperature, seed)
        rows = tf.RaggedTensor.from_tensor(rows, lengths=ends + length)
        return tf.strings.reduce_join(tf.gather(self.symbols, rows), axis=1)
