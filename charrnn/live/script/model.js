// A trained model: an id and the state -> a logit for each id, and the next state.
//
// The formulas are those of the chapter "Recurrence", the names those of charrnn/sampler.py.

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const upTo = (multiple, size) => Math.ceil(size / multiple) * multiple;

// A matrix with its rows as columns.
const turned = ({ shape: [rows, columns], numbers }) => ({
  shape: [columns, rows],
  numbers: Float32Array.from(
    numbers,
    (_, n) => numbers[(n % rows) * columns + Math.floor(n / rows)],
  ),
});

// Gives out places in the room before there is one; `fill` writes what was left for them.
class Plan {
  size = 0;
  parts = [];

  line(length, numbers = []) {
    const place = this.size;
    this.size += upTo(8, length);
    this.parts.push([place, numbers]);
    return place;
  }

  matrix({ shape: [rows, width], numbers }) {
    const columns = upTo(4, width);
    const place = this.line(upTo(8, rows) * columns);
    for (let row = 0; row < rows; row++)
      this.parts.push([place + row * columns, numbers.subarray(row * width, (row + 1) * width)]);
    return { place, rows: upTo(8, rows), columns };
  }

  fill(room) {
    for (const [place, numbers] of this.parts) room.set(numbers, place);
  }
}

class Model {
  // wasm: false leaves out WebAssembly, for comparisons.
  static async read(bytes, { wasm = true } = {}) {
    return new Model(await readModelFile(bytes), wasm);
  }

  constructor({ description, arrays }, wasm) {
    const { hyperparameters, characters } = description;
    this.units = hyperparameters.units;
    this.isGru = hyperparameters.cell === "gru";
    // Id 0 is [UNK]; the first character has the id 1.
    this.symbols = ["[UNK]", ...characters];
    this.ids = new Map(this.symbols.slice(1).map((character, n) => [character, n + 1]));

    const plan = new Plan();
    this.layers = Array.from({ length: hyperparameters.layers }, (_, n) => {
      const [kernel, recurrent, bias] = ["kernel", "recurrent_kernel", "bias"].map(
        (name) => arrays[`recurrent.${n}.${name}`],
      );
      const [below, width] = kernel.shape;
      return {
        input: plan.line(below),
        kernel: plan.matrix(kernel),
        recurrent: plan.matrix(recurrent),
        // A GRU has one bias for the input's part and one for the state's, an LSTM one in all.
        inputBias: plan.line(width, this.isGru ? bias.numbers.subarray(0, width) : []),
        stateBias: plan.line(width, this.isGru ? bias.numbers.subarray(width) : bias.numbers),
        fromInput: plan.line(width),
        fromState: plan.line(width),
        state: plan.line(this.units),
        memory: plan.line(this.units),
      };
    });
    this.embedding = arrays.embedding;
    // A tied output ends with the embedding, turned.
    const outputs = [arrays["dense.kernel"]];
    if (hyperparameters.tied) outputs.push(turned(arrays.embedding));
    this.outputs = outputs.map((matrix) => ({
      matrix: plan.matrix(matrix),
      result: plan.line(matrix.shape[1]),
    }));
    this.outputBias = arrays["dense.bias"].numbers;

    Object.assign(this, makeRoom(plan.size, wasm));
    plan.fill(this.room);
    // The first layer's product with its input depends on the id alone: id -> that product.
    this.table = new Map();
  }

  // y = bias + x W
  multiply(x, { place, rows, columns }, y, bias) {
    if (bias === undefined) this.room.fill(0, y, y + columns);
    else this.room.copyWithin(y, bias, bias + columns);
    this.product(x, place, y, rows, columns);
  }

  // What the first layer gets from a character, computed once for each.
  feed(id) {
    const { input, kernel, inputBias, fromInput } = this.layers[0];
    if (!this.table.has(id)) {
      const width = this.embedding.shape[1];
      this.room.set(this.embedding.numbers.subarray(id * width, (id + 1) * width), input);
      this.multiply(input, kernel, fromInput, inputBias);
      this.table.set(id, this.room.slice(fromInput, fromInput + kernel.columns));
    }
    this.room.set(this.table.get(id), fromInput);
  }

  // Read one character: the states become the next ones. Returns the logits, one for each id.
  step(id) {
    this.feed(id);
    this.layers.forEach((layer, n) => {
      if (n > 0) {
        this.room.copyWithin(
          layer.input,
          this.layers[n - 1].state,
          this.layers[n - 1].state + this.units,
        );
        this.multiply(layer.input, layer.kernel, layer.fromInput, layer.inputBias);
      }
      this.multiply(layer.state, layer.recurrent, layer.fromState, layer.stateBias);
      if (this.isGru) this.gru(layer);
      else this.lstm(layer);
    });
    let x = this.layers.at(-1).state;
    for (const { matrix, result } of this.outputs) {
      this.multiply(x, matrix, result);
      x = result;
    }
    return this.outputBias.map((bias, id) => bias + this.room[x + id]);
  }

  gru({ fromInput, fromState, state }) {
    const { room, units } = this;
    for (let n = 0; n < units; n++) {
      const update = sigmoid(room[fromInput + n] + room[fromState + n]);
      const reset = sigmoid(room[fromInput + units + n] + room[fromState + units + n]);
      const candidate = Math.tanh(
        room[fromInput + 2 * units + n] + reset * room[fromState + 2 * units + n],
      );
      room[state + n] = update * room[state + n] + (1 - update) * candidate;
    }
  }

  lstm({ fromInput, fromState, state, memory }) {
    const { room, units } = this;
    const sum = (gate, n) =>
      room[fromInput + gate * units + n] + room[fromState + gate * units + n];
    for (let n = 0; n < units; n++) {
      const kept = sigmoid(sum(1, n)) * room[memory + n];
      room[memory + n] = kept + sigmoid(sum(0, n)) * Math.tanh(sum(2, n));
      room[state + n] = sigmoid(sum(3, n)) * Math.tanh(room[memory + n]);
    }
  }

  // The states of all layers, to go on from here later.
  getState() {
    return this.layers.map(({ state, memory }) =>
      [state, memory].map((place) => this.room.slice(place, place + this.units)),
    );
  }

  // Without an argument: zeros, as before the first character.
  setState(states) {
    this.layers.forEach(({ state, memory }, n) =>
      [state, memory].forEach((place, k) => {
        if (states) this.room.set(states[n][k], place);
        else this.room.fill(0, place, place + this.units);
      }),
    );
  }

  // Text -> ids; 0 for a character that the model does not know.
  encode(text) {
    return Array.from(text, (character) => this.ids.get(character) ?? 0);
  }
}
