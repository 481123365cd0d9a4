"""Generation with a loop in PyTorch, one text."""

import torch

from benchmarks.contender import arguments, median_seconds, report
from benchmarks.peers.torch_gru import Model, load_model


@torch.inference_mode()  # type: ignore[misc]
def continue_text(model: Model, characters: str, prompt: str, length: int) -> str:
    """Continue a prompt by ``length`` characters drawn at temperature 1."""
    ids = torch.tensor([[characters.index(character) + 1 for character in prompt]])
    state, text = None, prompt
    for _ in range(length):
        logits, state = model(ids, state)
        scores = logits[0, -1]
        scores[0] = -torch.inf  # [UNK]
        ids = torch.multinomial(torch.softmax(scores, dim=-1), 1)[None]
        text += characters[int(ids) - 1]
    return text


def main() -> None:
    """Measure and report."""
    given = arguments(str(__doc__))
    length = 20 if given.quick else 1000
    model, characters = load_model(given.folder / "weights")
    torch.manual_seed(0)
    continue_text(model, characters, "ROMEO:", 5)
    seconds = median_seconds(lambda: continue_text(model, characters, "ROMEO:", length), 3)
    report({"generate_one_torch": length / seconds})


if __name__ == "__main__":
    main()
