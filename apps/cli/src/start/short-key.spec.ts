import { describe, expect, it } from '@jest/globals';
import { findOwner, openDatabase, putKey } from '#database';
import { freshDatabase } from '#test/databases';
import { prepareDatabase } from './dependencies.js';

const nothing = () => undefined;

describe('an API_KEY of less than 24 characters', () => {
  it('is refused when it is new', async () => {
    const url = await freshDatabase();
    await expect(prepareDatabase({}, url, 'short', nothing)).rejects.toThrow(
      'API_KEY has 5 characters and could be guessed: use 24 or more, or unset it to get a safe key.',
    );
    await prepareDatabase({}, url, 'x'.repeat(24), nothing);
  });

  it('is accepted on when the installation has it already', async () => {
    const url = await freshDatabase();
    const database = openDatabase(url);
    await putKey(database, 'local', 'short');
    await prepareDatabase({}, url, 'short', nothing);
    expect(await findOwner(database, 'short')).toMatchObject({ name: 'local' });
    await database.$disconnect();
  });
});
