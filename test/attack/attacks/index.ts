import type { Attack } from '../attack.js';
import { hostileImage } from './hostile-image.js';
import { hostileJson } from './hostile-json.js';
import { largeSources } from './large-sources.js';
import { accounts, longTaskLists, taskDetails, taskLists } from './questions.js';
import { drippingBodies } from './slow-senders.js';
import { muteSocket, revokedKey, silentReader, strangers } from './sockets.js';
import { nestedArrays, unfinishedBodies, unfinishedUploads } from './unfinished-bodies.js';
import { wrongKeys, wrongPasswords } from './wrong-keys.js';

/** All attacks by name. A new one gets a file in this folder and a line here. */
export const attacks: Readonly<Record<string, Attack>> = {
  'nested-arrays': nestedArrays,
  'unfinished-bodies': unfinishedBodies,
  'unfinished-uploads': unfinishedUploads,
  'large-sources': largeSources,
  'slow-senders': drippingBodies,
  'hostile-json': hostileJson,
  'hostile-image': hostileImage,
  'mute-socket': muteSocket,
  'silent-reader': silentReader,
  strangers,
  'revoked-key': revokedKey,
  'task-lists': taskLists,
  'long-task-lists': longTaskLists,
  'task-details': taskDetails,
  accounts,
  'wrong-keys': wrongKeys,
  'wrong-passwords': wrongPasswords,
};
