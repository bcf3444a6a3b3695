import type { Loaded } from './command.js';

export const usage = `Usage: npx clearcut <command>

  remove         remove the backgrounds of images, by a server or in this process
  models         list, pull, import, verify and remove the weights of models
  jobs           send a list of images as one job, watch it, and fetch its ZIP
  keys           create, list and revoke the keys of callers
  tasks          list, show and cancel tasks
  webhooks       list and replay webhooks, print and rotate what signs them
  migrate        bring the schema of the database up to date
  backup         copy the data of npm start into a file
  note-backup    note that database and images were backed up, for alert and doctor
  restore        put the data of a backup into DATA_DIR
  check-restore  compare restored rows with the bytes of images, and mend them
  doctor         check this machine, the database, the queue and the workers, and say what to do
  bench          measure how fast images are cut out here or by a server
  i              remove one background, with the flags of rembg i
  p              remove the backgrounds of a folder, with the flags of rembg p
  mcp            offer the removal to an assistant, as an MCP server on stdin and stdout
  completion     print what completes commands in bash, zsh and fish
  info           print the address, key and status page of the running npm start

  --version      print the version
  <command> --help   describe a command, such as keys create --help
`;

/** Loaded on demand, because an image need not carry modules that only other commands use. */
export const commands: Readonly<Record<string, () => Promise<Loaded>>> = {
  remove: () => import('./remove/run-remove.js'),
  models: () => import('./models/run-models.js'),
  jobs: () => import('./jobs/run-jobs.js'),
  keys: () => import('./keys/run-keys.js'),
  tasks: () => import('./tasks/run-tasks.js'),
  webhooks: () => import('./webhooks/run-webhooks.js'),
  migrate: () => import('./migrate.js'),
  backup: () => import('./backup/run-backup.js'),
  'note-backup': () => import('./backup/run-note-backup.js'),
  restore: () => import('./backup/run-restore.js'),
  'check-restore': () => import('./backup/run-check-restore.js'),
  doctor: () => import('./doctor/run-doctor.js'),
  info: () => import('./info.js'),
  bench: () => import('./bench/run-bench.js'),
  i: () => import('./rembg/run-i.js'),
  p: () => import('./rembg/run-p.js'),
  mcp: () => import('./mcp/run-mcp.js'),
  completion: () => import('./completion.js'),
  // What the printed script calls.
  complete: async () => (await import('./complete.js')).completing(usage, commands),
};
