import { describe, expect, it } from '@jest/globals';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../../test/fake-program.js';
import { announcement, forgetAnnouncement, keepAnnouncement, readAnnouncement } from './announcement.js';

const local = { HOST: '127.0.0.1', PORT: 3000, ADMIN_HOST: '127.0.0.1' };
const key = { key: 'cc_example', source: 'file' } as const;

describe('announcement', () => {
  it('names the address, the page with the key, the key and how to open the status page', () => {
    expect(announcement({ ...local, ADMIN_PORT: undefined, ADMIN_TOKEN: undefined }, key)).toBe(
      'ready http://127.0.0.1:3000  (docs at http://127.0.0.1:3000/docs)\n' +
        'page  http://127.0.0.1:3000/#key=cc_example\n' +
        'key   cc_example\n' +
        'admin off  (set ADMIN_PORT and ADMIN_TOKEN to open the status page)\n',
    );
  });

  it("names the dispatcher's port for the status page, and no key of the environment", () => {
    const settings = { ...local, ADMIN_PORT: 9464, ADMIN_TOKEN: 'a long secret of an operator' };
    const text = announcement(settings, { key: 'secret', source: 'environment' });
    expect(text).toContain('\npage  http://127.0.0.1:3000/  (asks for the key)\n');
    expect(text).toContain('\nkey   from API_KEY\n');
    expect(text).toContain('\nadmin http://127.0.0.1:9466/  (status page; ');
    expect(text).not.toMatch(/secret/);
  });

  it('says that the status page is closed without ADMIN_TOKEN', () => {
    const settings = { ...local, ADMIN_PORT: 9464, ADMIN_TOKEN: undefined };
    expect(announcement(settings, key)).toContain('\nadmin closed  (set ADMIN_TOKEN');
  });
});

describe('readAnnouncement', () => {
  /** A folder whose lock names a live process: the parent of this one. */
  const lockedFolder = () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'clearcut.pid'), `${process.ppid}\n`);
    return folder;
  };

  it('says that no service runs, whatever a killed one left behind', () => {
    const folder = newFolder();
    keepAnnouncement(folder, 'ready\n');
    expect(() => readAnnouncement(folder)).toThrow(/^No npm start runs on .*\.$/);
  });

  it('says that the running service is not ready yet', () => {
    expect(() => readAnnouncement(lockedFolder())).toThrow(/^The npm start on .* is not ready yet\.$/);
  });

  it('returns what the running service kept, and only this user can read it', () => {
    const folder = lockedFolder();
    keepAnnouncement(folder, 'ready\n');
    expect(readAnnouncement(folder)).toBe('ready\n');
    expect(statSync(join(folder, 'announcement')).mode & 0o077).toBe(0);
    forgetAnnouncement(folder);
    expect(() => readAnnouncement(folder)).toThrow(/is not ready yet/);
  });
});
