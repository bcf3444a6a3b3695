import { z } from 'zod';
import { examples } from './examples.js';

/** Any RFC 9562 UUID; compared in lower case, returned as sent. */
export const TaskUUID = z.uuid().meta({
  id: 'TaskUUID',
  description: 'The UUID that the client chose for this task. Answers carry it as sent.',
  example: examples.removeBackground.taskUUID,
});
