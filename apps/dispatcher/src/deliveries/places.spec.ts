import { describe, expect, it } from '@jest/globals';
import type { DueDelivery } from '#database';
import { createPlaces, PLACES } from './places.js';

const delivery = (host: string, ownerId = 'a') => ({
  id: `${Math.random()}`,
  taskId: 'task',
  url: 'sealed',
  attempts: 1,
  takenAtS: 0,
  host,
  ownerId,
});

describe('createPlaces', () => {
  it('counts what is in hand by endpoint, host name and owner', () => {
    const places = createPlaces();
    const all = [delivery('one:80'), delivery('one:81', 'b'), delivery('one'), delivery('[::1]:80')];
    places.take(all);
    expect(places.free()).toBe(PLACES - 4);
    expect(places.look()).toMatchObject({
      byEndpoint: { 'a one:80': 1, 'b one:81': 1, 'a one': 1, 'a [::1]:80': 1 },
      byName: { one: 3, '[::1]': 1 },
      byOwner: { a: 3, b: 1 },
    });
    for (const each of all) places.release(each, true);
    expect(places.free()).toBe(PLACES);
  });

  it('says whether a place that is free again was one that others may wait for', () => {
    const places = createPlaces();
    const ofOne = Array.from({ length: 4 }, () => delivery('one:80'));
    const alone = delivery('two:80', 'b');
    places.take([...ofOne, alone]);
    expect(places.release(alone, true)).toBe(false);
    expect(ofOne.map((each) => places.release(each, true))).toEqual([true, true, true, true]);
  });

  it('says so until the next look, and of what ends while others are chosen', () => {
    const places = createPlaces();
    const all = Array.from({ length: 4 }, () => delivery('one:80'));
    const release = (each: DueDelivery) => places.release(each, true);
    places.look();
    expect(release(delivery('two:80'))).toBe(true);
    places.take(all);
    expect(all.slice(0, 2).map(release)).toEqual([true, true]);
    places.look();
    places.take([]);
    expect(all.slice(2).map(release)).toEqual([false, false]);
  });

  it('says so of an endpoint that is probed', () => {
    let nowMs = 0;
    const places = createPlaces(() => nowMs);
    for (let i = 0; i < 3; i++) places.release(delivery('dead:80'), false);
    nowMs += 5_000;
    const probe = delivery('dead:80');
    places.take([probe]);
    expect(places.release(probe, true)).toBe(true);
  });

  it('leaves an endpoint alone after three failures in a row, longer each time, and then probes it', () => {
    let nowMs = 0;
    const places = createPlaces(() => nowMs);
    const fail = () => places.release(delivery('dead:80'), false);
    fail();
    fail();
    expect(places.look()).toMatchObject({ closed: [], probed: [] });
    fail();
    expect(places.look()).toMatchObject({ closed: ['a dead:80'], probed: [] });
    nowMs += 5_000;
    expect(places.look()).toMatchObject({ closed: [], probed: ['a dead:80'] });
    fail();
    nowMs += 9_999;
    expect(places.look().closed).toEqual(['a dead:80']);
    nowMs += 1;
    expect(places.look().probed).toEqual(['a dead:80']);
  });

  it('forgets an endpoint that was not asked for an hour after its pause', () => {
    let nowMs = 0;
    const places = createPlaces(() => nowMs);
    for (let i = 0; i < 3; i++) places.release(delivery('dead:80'), false);
    nowMs += 5_000 + 3_600_000;
    expect(places.look().probed).toEqual(['a dead:80']);
    nowMs += 1;
    expect(places.look()).toMatchObject({ closed: [], probed: [] });
  });

  it('trusts an endpoint again after one answer, and ignores deliveries that were given back', () => {
    const places = createPlaces();
    for (let i = 0; i < 5; i++) places.release(delivery('dead:80'), false);
    places.release(delivery('dead:80'), undefined);
    expect(places.look().closed).toEqual(['a dead:80']);
    places.release(delivery('dead:80'), true);
    expect(places.look()).toMatchObject({ closed: [], probed: [] });
  });
});
