import { describe, expect, it } from '@jest/globals';
import { createProgress, type Unit } from './progress.js';

const setUp = (terminal: { isTTY?: boolean; columns?: number } = {}, unit?: Unit) => {
  const written: string[] = [];
  const clock = { ms: 0 };
  const stream = { ...terminal, write: (text: string) => written.push(text) };

  return { written, clock, progress: createProgress(stream, () => clock.ms, unit) };
};

describe('createProgress in a log', () => {
  it('writes a line at the start, at every quarter and at the end', () => {
    const { written, clock, progress } = setUp();

    const step = progress.start('Fetching tiny.onnx', 200e6);
    for (let bytes = 0; bytes <= 200e6; bytes += 1e6) step.update(bytes);
    clock.ms = 8100;
    step.done();

    expect(written).toEqual([
      'Fetching tiny.onnx: 200 MB\n',
      'Fetching tiny.onnx: 25 %\n',
      'Fetching tiny.onnx: 50 %\n',
      'Fetching tiny.onnx: 75 %\n',
      'Fetching tiny.onnx: done after 8.1 s\n',
    ]);
  });

  it('skips quarters that passed between two updates, and tells where a step stopped', () => {
    const { written, progress } = setUp();

    const step = progress.start('Fetching', 100e6);
    step.update(60e6);
    step.update(30e6);
    step.done();
    progress.note('that was it');

    expect(written.slice(1)).toEqual([
      'Fetching: 50 %\n',
      'Fetching: stopped at 60 % after 0.0 s\n',
      'that was it\n',
    ]);
  });
});

describe('createProgress of a resumed step', () => {
  it('does not count earlier bytes for the speed on a terminal', () => {
    const { written, clock, progress } = setUp({ isTTY: true, columns: 100 });

    const step = progress.start('Fetching', 200e6, 100e6);
    clock.ms = 2000;
    step.update(150e6);

    expect(written.at(-1)).toMatch(/75 % {2}150 of 200 MB {2}25 MB\/s$/);
  });

  it('logs the earlier bytes, and then only new ones', () => {
    const { written, progress } = setUp();

    const step = progress.start('Fetching', 200e6, 110e6);
    step.update(120e6);
    step.update(200e6);
    step.done();

    expect(written).toEqual(['Fetching: 200 MB, 110 MB are there\n', 'Fetching: done after 0.0 s\n']);
  });
});

describe('createProgress of a step of unknown size', () => {
  it('shows bytes and speed on a terminal, also beside other steps', () => {
    const { written, clock, progress } = setUp({ isTTY: true, columns: 100 });

    const step = progress.start('Fetching', undefined);
    clock.ms = 2000;
    step.update(50e6);
    progress.start('Fetching more', 300e6);

    expect(written.slice(1)).toEqual([
      '\r\u001b[2KFetching  50 MB  25 MB/s',
      '\r\u001b[2K2 downloads  50 MB  25 MB/s',
    ]);
  });

  it('writes a line at the start and at the end in a log', () => {
    const { written, progress } = setUp();

    const step = progress.start('Fetching', undefined);
    step.update(50e6);
    step.done();

    expect(written).toEqual(['Fetching: size not published\n', 'Fetching: 50 MB came after 0.0 s\n']);
  });
});

describe('createProgress on a terminal', () => {
  it('redraws one line with percent, megabytes and speed', () => {
    const { written, clock, progress } = setUp({ isTTY: true, columns: 100 });

    const step = progress.start('Fetching', 200e6);
    clock.ms = 2000;
    step.update(50e6);
    step.update(200e6);
    step.done();

    expect(written).toEqual([
      '\r\u001b[2KFetching [........................] 0 %  0.00 of 200 MB  0.00 MB/s',
      '\r\u001b[2KFetching [######..................] 25 %  50 of 200 MB  25 MB/s',
      '\r\u001b[2KFetching [########################] 100 %  200 of 200 MB  100 MB/s\n',
    ]);
  });

  it('adds up simultaneous steps', () => {
    const { written, progress } = setUp({ isTTY: true, columns: 100 });

    const first = progress.start('Fetching', 200e6);
    progress.start('Fetching more', 300e6);
    first.update(200e6);
    first.done();

    expect(written[1]).toContain('2 downloads [........................] 0 %  0.00 of 500 MB');
    expect(written.at(-2)).toContain('Fetching [########################] 100 %');
    expect(written.at(-1)).toContain('Fetching more [');
  });

  it('draws ten times a second at most', () => {
    const { written, clock, progress } = setUp({ isTTY: true });

    const step = progress.start('Fetching', 1000);
    for (clock.ms = 1; clock.ms <= 1000; clock.ms += 1) step.update(clock.ms);

    expect(written).toHaveLength(11);
  });

  it('fits into one line of a narrow terminal', () => {
    const { written, progress } = setUp({ isTTY: true, columns: 20 });

    progress.start('Fetching', 1000);

    expect(written[0]?.slice('\r\u001b[2K'.length)).toHaveLength(19);
  });

  it('writes a note above the bar', () => {
    const { written, progress } = setUp({ isTTY: true });

    progress.start('Fetching', 1000);
    progress.note('by the way');

    expect(written[1]).toBe('\r\u001b[2Kby the way\n');
    expect(written[2]).toContain('Fetching [');
  });
});

describe('createProgress of images', () => {
  const images: Unit = {
    name: 'images',
    format: (count) => `${count}`,
    formatRate: (perSecond) => perSecond.toFixed(1),
    showsTimeLeft: true,
  };

  it('says on a terminal how many come in a second, and the time left', () => {
    const { written, clock, progress } = setUp({ isTTY: true, columns: 120 }, images);
    const step = progress.start('Removing', 200);
    expect(written.at(-1)).toMatch(/ 0 % {2}0 of 200 images {2}0\.0 images\/s$/);
    clock.ms = 40_000;
    step.update(60);
    expect(written.at(-1)).toMatch(/ 30 % {2}60 of 200 images {2}1\.5 images\/s {2}1:34 left$/);
  });

  it('counts in a log', () => {
    const { written, progress } = setUp({}, images);
    progress.start('Removing', 200).update(100);
    expect(written).toEqual(['Removing: 200 images\n', 'Removing: 50 %\n']);
  });
});
