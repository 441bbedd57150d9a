/**
 * Running fingerprint of all that happened in a world: two FNV-1a lanes. It is no cryptographic
 * hash; it only has to differ when two runs of one seed differ.
 */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x01000193;

  number(value: number): void {
    const whole = Math.floor(value);
    this.#mix(whole >>> 0);
    this.#mix(Math.floor(whole / 2 ** 32) >>> 0);
    this.#mix(Math.floor((value - whole) * 2 ** 32) >>> 0);
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.#mix(value.charCodeAt(i));
  }

  bytes(value: Uint8Array): void {
    this.#mix(value.length);
    for (let i = 0; i < value.length; i++) this.#mix(value[i] as number);
  }

  digest(): string {
    return [this.#low, this.#high]
      .map((part) => (part >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul((this.#high ^ value) + 0x9e3779b9, 0x85ebca6b);
    this.#high ^= this.#high >>> 15;
  }
}
