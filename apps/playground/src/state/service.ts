import { createClient, TaskError, type Client, type Model, type Preset } from '#client/browser';
import { computed, signal } from '@preact/signals';
import { apiKey } from './key.js';

/** The address of the service, without the path of its API. */
export const root = new URL('.', location.href).href.replace(/[?#].*$/, '').replace(/\/$/, '');

/**
 * Results carry the address of PUBLIC_URL, which a person may not have opened: `localhost` is another site than
 * `127.0.0.1`. The gateway that served the page has every image as well.
 */
const ownAddress = (address: string): string => {
  const { pathname, search } = new URL(address, root);
  const at = pathname.lastIndexOf('/images/');
  // An object store, to which the address may redirect, is another site as well.
  return at < 0 ? address : `${root}${pathname.slice(at)}${search}${search ? '&' : '?'}proxied`;
};

/** What the client says about passing trouble, such as a lost connection. */
export const notice = signal('');

const NOTICE_MS = 15_000;

let passing = '';

/** The service answers again, so what was said about trouble is over. */
const endPassing = (): void => {
  if (passing !== '' && notice.peek() === passing) notice.value = '';
  passing = '';
};

/** Trouble that passes needs no one to put its notice away. */
const showPassing = (text: string): void => {
  notice.value = passing = text;
  setTimeout(() => {
    if (passing === text) endPassing();
  }, NOTICE_MS);
};

const fetchHere: typeof fetch = async (input, init) => {
  const isImage = typeof input === 'string' && !input.startsWith(`${root}/v1`);
  const response = await fetch(isImage ? ownAddress(input) : input, init);
  if (response.ok) endPassing();
  return response;
};

/** Tasks are answered by frames. */
class HeardSocket extends WebSocket {
  constructor(address: string) {
    super(address);
    this.addEventListener('message', endPassing);
  }
}

const open = (key: string): Client =>
  createClient({ url: root, apiKey: key, fetch: fetchHere, WebSocket: HeardSocket, onNotice: showPassing });

let opened: { readonly key: string; readonly client: Client } | undefined;

/** The client with the key of now. A new key gets a new connection. */
export const client = (): Client => {
  const key = apiKey.value ?? '';
  if (opened?.key === key) return opened.client;
  opened?.client.close();
  opened = { key, client: open(key) };
  return opened.client;
};

export const models = signal<readonly Model[]>([]);

/** Those that a worker serves. */
export const usableModels = computed(() => models.value.filter(({ servedBy }) => servedBy.length > 0));

export const loadModels = async (): Promise<void> => {
  models.value = await open('').models();
};

/** What the service knows, an operator's own among them. */
export const presets = signal<readonly Preset[]>([]);

export const loadPresets = async (): Promise<void> => {
  presets.value = await open('').presets();
};

/** @returns undefined for a key that the service knows, empty text for one it refuses, else why it cannot be told */
export const checkKey = async (key: string): Promise<string | undefined> => {
  const asking = open(key);
  try {
    await asking.account();
    return undefined;
  } catch (error) {
    if (!(error instanceof TaskError)) return (error as Error).message;
    // A key without the right to ask is a key.
    return error.code === 'invalidApiKey' || error.code === 'missingApiKey' ? '' : undefined;
  }
};
