/** The ports of one side of a node by name. Nodes have few ports: looking along them is faster than a map. */
export class PortSet<P extends { readonly name: string }> {
  readonly #ports: P[] = [];
  #byName: Map<string, P> | undefined;

  /** Adds a port; of two of one name the first counts. */
  add(port: P): void {
    if (this.has(port.name)) return;
    this.#ports.push(port);
    if (this.#byName !== undefined) this.#byName.set(port.name, port);
    else if (this.#ports.length > 8) this.#byName = new Map(this.#ports.map((known) => [known.name, known]));
  }

  get(name: string): P | undefined {
    if (this.#byName !== undefined) return this.#byName.get(name);
    for (const port of this.#ports) if (port.name === name) return port;
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get first(): P | undefined {
    return this.#ports[0];
  }

  get names(): readonly string[] {
    return this.#ports.map(({ name }) => name);
  }

  /** The ports as a list. */
  get all(): readonly P[] {
    return this.#ports;
  }
}
