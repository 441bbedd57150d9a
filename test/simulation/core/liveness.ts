/**
 * One run of one validator, from a start to its crash. All that the run was given asks here before
 * it calls back, so a dead run hears nothing and its words reach nobody.
 */
export class Incarnation {
  #alive = true;

  constructor(
    readonly validator: number,
    readonly number: number,
  ) {}

  get isAlive(): boolean {
    return this.#alive;
  }

  end(): void {
    this.#alive = false;
  }
}
