/**
 * The Ritz values of conjugate gradients: eigenvalues of the tridiagonal matrix that its step lengths make up. They
 * approach the extreme eigenvalues of the preconditioned system that the error has a part in.
 *
 * Source: Golub and Meurant, Matrices, Moments and Quadrature, 2010, chapter 4.
 */
export class RitzValues {
  readonly #diagonal: number[] = [];
  /** Squares of the entries beside the diagonal. */
  readonly #beside: number[] = [];
  #carried = 0;

  /** @param step α of the iteration; @param turn β of the next one */
  add(step: number, turn: number): void {
    this.#diagonal.push(1 / step + this.#carried);
    this.#beside.push(turn / (step * step));
    this.#carried = turn / step;
  }

  /** How many values are below `at`. */
  #below(at: number): number {
    let count = 0;
    let pivot = 1;
    for (let k = 0; k < this.#diagonal.length; k++) {
      const beside = k === 0 ? 0 : this.#beside[k - 1]!;
      pivot = this.#diagonal[k]! - at - beside / pivot;
      if (pivot === 0) pivot = 1e-300;
      if (pivot < 0) count++;
    }
    return count;
  }

  /** The distance of the nearest value from 0, to a few per cent; 1 at first. */
  nearest(): number {
    if (this.#diagonal.length === 0) return 1;
    let low = 1e-12;
    let high = 8;
    const around = (reach: number) => this.#below(reach) > this.#below(-reach);
    while (high > 1.05 * low) {
      const middle = Math.sqrt(low * high);
      if (around(middle)) high = middle;
      else low = middle;
    }
    return low;
  }
}
