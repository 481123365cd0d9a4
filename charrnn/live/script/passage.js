// A passage: its signs, and what may come after each of them, as far as that is known.

class Passage {
  signs = [];
  // Before there is a model: what charrnn/live/stored.py wrote. With one: { logits, states }.
  places = [];
  model = undefined;

  // known: the places that are stored for this text.
  begin(text, known) {
    this.signs = Array.from(text);
    this.places = [...known];
    this.readAll();
  }

  use(model) {
    this.model = model;
    this.readAll();
  }

  readAll() {
    if (this.model) for (const n of this.signs.keys()) this.read(n);
  }

  // The model reads the sign n, from the states that it had after the one before.
  read(n) {
    this.model.setState(n > 0 ? this.places[n - 1].states : undefined);
    const logits = this.model.step(this.model.ids.get(this.signs[n]) ?? 0);
    this.places[n] = { logits, states: this.model.getState() };
  }

  add(sign) {
    this.signs.push(sign);
    if (this.model) this.read(this.signs.length - 1);
  }

  // Keep so many signs from the beginning.
  cut(length) {
    this.signs.length = length;
    this.places.length = Math.min(this.places.length, length);
  }

  // Leave out so many at the beginning; the states still know of them.
  drop(count) {
    this.signs.splice(0, count);
    this.places.splice(0, count);
  }

  // What may come after the sign n at a temperature, for the bars.
  chances(n, temperature) {
    const place = this.places[n];
    return place.logits
      ? modelChances(place, this.model.symbols, temperature, this.model.ids.get(this.signs[n + 1]))
      : storedChances(place, temperature);
  }

  // The probability that the sign n had; 0 also for one that was far from likely.
  chanceOf(n) {
    const { logits } = this.places[n - 1];
    if (logits) return probabilities(logits)[this.model.ids.get(this.signs[n]) ?? 0];
    const { likely } = this.chances(n - 1, 1);
    return likely.find(({ sign }) => sign === this.signs[n])?.chance ?? 0;
  }

  unknown() {
    return Array.from(new Set(this.signs.filter((sign) => !this.model.ids.has(sign))));
  }
}
