/** The part of JSON Schema that the schemas of incoming frames use. */
export interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly not?: { readonly enum?: readonly unknown[] };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

const SHOWN = 40;

/**
 * Says what is wrong with a value, naming the key: the first fault only, so a frame with thousands of them costs no
 * more than one with one. `undefined` where the value fits.
 *
 * @param path the key of the value; empty for the frame itself
 */
export function explain(shape: Shape, value: unknown, path = ''): string | undefined {
  if (shape.type === 'object') return explainObject(shape, value, path);
  if (fits(shape, value)) return undefined;
  return fault(path, describe(shape), show(value));
}

function explainObject(shape: Shape, value: unknown, path: string): string | undefined {
  if (!isObject(value)) return fault(path, 'an object', show(value));
  const properties = shape.properties ?? {};
  for (const key of shape.required ?? []) {
    if (!Object.hasOwn(value, key)) return fault(join(path, key), describe(properties[key] ?? {}), 'nothing');
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(properties, key)) {
      if (shape.additionalProperties !== false) continue;
      return fault(path, `no keys but ${Object.keys(properties).join(', ')}`, show(key));
    }
    const found = explain(properties[key] ?? {}, value[key], join(path, key));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether it is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names what came, in a few characters: the text may be 64 KiB long or nested without end. */
export function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return JSON.stringify(typeof value === 'string' && value.length > SHOWN ? `${value.slice(0, SHOWN)}...` : value);
}

/** Says in words what the shape allows. */
export function describe(shape: Shape): string {
  const { minimum, maximum, minLength, maxLength } = shape;
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum) return shape.enum.map((one) => JSON.stringify(one)).join(' or ');
  if (shape.type === 'integer') {
    if (minimum === undefined) return 'an integer';
    const open = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
    return open ? `an integer from ${minimum} on` : `an integer from ${minimum} to ${maximum}`;
  }
  if (shape.type === 'string') {
    if (shape.pattern !== undefined) return `a string matching ${shape.pattern}`;
    return maxLength === undefined ? 'a string' : `a string of ${minLength ?? 0} to ${maxLength} characters`;
  }
  return shape.type === undefined ? 'any JSON value' : `an ${shape.type}`;
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape.const !== undefined) return value === shape.const;
  if (shape.enum) return shape.enum.includes(value);
  if (shape.type === 'integer') {
    return Number.isInteger(value) && within(Number(value), shape.minimum, shape.maximum);
  }
  if (shape.type === 'string') return typeof value === 'string' && fitsText(shape, value);
  return true;
}

function fitsText(shape: Shape, text: string): boolean {
  if (shape.not?.enum?.includes(text)) return false;
  if (shape.pattern !== undefined && !new RegExp(shape.pattern).test(text)) return false;
  if (shape.minLength === undefined && shape.maxLength === undefined) return true;
  return within(Array.from(text).length, shape.minLength, shape.maxLength);
}

function within(number: number, least = -Infinity, most = Infinity): boolean {
  return number >= least && number <= most;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function fault(path: string, expected: string, got: string): string {
  return `${path === '' ? '' : `${path}: `}expected ${expected}, got ${got}`;
}
