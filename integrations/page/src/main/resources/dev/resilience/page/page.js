'use strict';
// Shows what the streams of one or several processes say. Every part of the page is keyed: an element is made when its thing
// appears, changed where its text differs, and removed when the thing is gone. So nothing flickers, however often data come.
(() => {
  const KINDS = [
    ['success', 'success'], ['failure', 'failure'], ['timedOut', 'timed out'], ['deadline', 'past the caller’s deadline'],
    ['rejected', 'rejected before work'], ['cancelled', 'caller left'], ['other', 'other'],
  ];
  const STACK = ['success', 'other', 'cancelled', 'rejected', 'deadline', 'timedOut', 'failure']; // the lowest first
  const POINTS = 240; // two minutes, at two frames a second
  const HIDDEN_AFTER = 20000; // nobody looks: the streams are closed
  const PANEL_KINDS = ['service', 'cache', 'pool', 'resource pool', 'limit', 'operations', 'faults'];
  const PANEL_TITLES = {
    service: 'Services and their instances', cache: 'Caches', pool: 'Pools and tasks', 'resource pool': 'Resource pools',
    limit: 'Rate limits', operations: 'Operations', faults: 'Injected faults', broken: 'Panels that failed',
  };

  // ---- small tools

  const $ = id => document.getElementById(id);

  function h(tag, props, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name === 'class') element.className = value;
      else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children);
    return element;
  }

  const text = (element, value) => { if (element.textContent !== value) element.textContent = value; };
  const attribute = (element, name, value) => { if (element.getAttribute(name) !== value) element.setAttribute(name, value); };
  const className = (element, value) => { if (element.className !== value) element.className = value; };
  const hide = (element, hidden) => { if (element.hidden !== hidden) element.hidden = hidden; };
  const width = (element, share) => {
    const value = (Math.max(0, Math.min(1, share)) * 100).toFixed(1) + '%';
    if (element.style.width !== value) element.style.width = value;
  };

  /** Makes the children of a parent those of a list, in its order; those that stay are not touched. */
  function keyed(parent, items, keyOf, make, update) {
    const old = parent.parts || (parent.parts = new Map());
    const now = new Map();
    for (const item of items) {
      const key = keyOf(item);
      if (now.has(key)) continue;
      const part = old.get(key) || make(item);
      now.set(key, part);
      update(part, item);
    }
    for (const [key, part] of old) {
      if (!now.has(key)) {
        part.element.remove();
        if (part.close) part.close();
      }
    }
    let at = parent.firstElementChild;
    for (const part of now.values()) {
      if (part.element === at) at = at.nextElementSibling;
      else parent.insertBefore(part.element, at);
    }
    parent.parts = now;
  }

  function millis(ms) {
    if (ms === undefined || ms === null) return '–';
    if (ms >= 3.6e6) return (ms / 3.6e6).toFixed(1) + ' h';
    if (ms >= 100000) return Math.round(ms / 1000) + ' s';
    if (ms >= 1000) return (ms / 1000).toFixed(ms < 10000 ? 2 : 1) + ' s';
    return (ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)) + ' ms';
  }

  const number = n => Math.round(n).toLocaleString('en');
  const rate = n => (n < 10 ? n.toFixed(1) : number(n)) + ' /s';
  const percent = share => (share > 0 && share < 0.1 || share > 0.99 && share < 1 ? (100 * share).toFixed(1) : Math.round(100 * share)) + ' %';
  const total = counts => KINDS.reduce((sum, [kind]) => sum + counts[kind], 0);
  const clock = at => new Date(at).toLocaleTimeString('en-GB');
  const color = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const id = words => words.replace(/[^A-Za-z0-9]+/g, '-');

  // ---- processes: a stream each

  const processes = new Map();
  let paused = false;
  let hidden = null;

  function openProcess(base) {
    const process = { base, data: null, state: 'connecting', source: null };
    processes.set(base, process);
    connect(process);
  }

  function connect(process) {
    const source = new EventSource(new URL('data', new URL(process.base, location.href)).href);
    process.source = source;
    source.onmessage = event => {
      process.data = JSON.parse(event.data);
      process.state = 'live';
      if (!paused) {
        remember(process);
        later();
      }
    };
    source.onerror = () => {
      process.state = 'lost';
      later();
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(() => { if (processes.has(process.base) && process.source === source) connect(process); }, 2000);
      }
    };
  }

  function closeProcess(process) {
    process.source.close();
    processes.delete(process.base);
    remembered();
    later();
  }

  /** The list is in the address, so that it can be sent to somebody. */
  function remembered() {
    const others = [...processes.keys()].filter(base => base !== './');
    const query = others.map(base => 'also=' + encodeURIComponent(base)).join('&');
    history.replaceState(null, '', location.pathname + (query ? '?' + query : '') + location.hash);
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden);
    if (document.hidden) {
      hidden = setTimeout(() => { for (const process of processes.values()) process.source.close(); hidden = 'closed'; }, HIDDEN_AFTER);
    } else if (hidden === 'closed') {
      hidden = null;
      for (const process of processes.values()) connect(process);
    }
  });

  // ---- history, for the charts

  const histories = new Map();

  function remember(process) {
    for (const it of process.data.dependencies) {
      const key = process.base + it.name;
      let past = histories.get(key);
      if (!past) histories.set(key, past = { at: [], rates: STACK.map(() => []), p50: [], p95: [], p99: [], limit: [], before: null });
      const at = process.data.at / 1000;
      const before = past.before;
      past.before = { at, counts: it.counts };
      if (!before || at <= before.at) continue;
      const seconds = at - before.at;
      past.at.push(at);
      let sum = 0;
      STACK.forEach((kind, i) => past.rates[i].push(sum += Math.max(0, it.counts[kind] - before.counts[kind]) / seconds));
      past.p50.push(it.latency.samples ? it.latency.median : null);
      past.p95.push(it.latency.samples ? it.latency.p95 : null);
      past.p99.push(it.latency.samples ? it.latency.p99 : null);
      past.limit.push(it.timeGiven ? it.timeGiven.limit : null);
      if (past.at.length > POINTS) {
        for (const series of [past.at, ...past.rates, past.p50, past.p95, past.p99, past.limit]) series.shift();
      }
    }
  }

  // ---- drawing, once for all that came

  let isDue = false;

  function later() {
    if (!isDue) {
      isDue = true;
      requestAnimationFrame(() => { isDue = false; draw(); });
    }
  }

  function draw() {
    drawProcesses();
    const live = [...processes.values()].filter(process => process.data);
    const many = processes.size > 1;
    drawHeadline(live);
    drawTiles(live, many);
    drawRequests(live, many);
    drawCalls(live, many);
    drawPanels(live, many);
    drawButtons();
    drawNav(live);
    document.body.dataset.frame = live.length ? live[0].data.at : '';
  }

  function drawProcesses() {
    keyed($('processes'), [...processes.values()], process => process.base, process => {
      const part = { dot: h('span', { class: 'dot', 'aria-hidden': true }), name: h('b'), detail: h('span') };
      part.element = h('li', {}, part.dot, part.name, part.detail);
      if (process.base !== './') {
        part.element.append(h('button', { type: 'button', 'aria-label': 'Remove ' + process.base, onclick: () => closeProcess(process) }, '×'));
      }
      return part;
    }, (part, process) => {
      className(part.dot, 'dot ' + (process.state === 'live' && !paused ? 'live' : process.state === 'lost' ? 'lost' : ''));
      const it = process.data && process.data.process;
      text(part.name, it ? it.name : process.base);
      text(part.detail, process.state === 'lost' ? 'no connection' : !it ? 'connecting' : paused ? 'paused' : 'pid ' + it.pid + ', up ' + millis(process.data.at - it.started));
    });
  }

  function drawHeadline(live) {
    const ill = [];
    let calls = 0;
    for (const process of live) {
      for (const it of process.data.dependencies) {
        calls += it.recent.perSecond;
        if (it.status !== 'ok') ill.push({ process, it });
      }
    }
    ill.sort((a, b) => (a.it.status === 'bad' ? 0 : 1) - (b.it.status === 'bad' ? 0 : 1));
    const lost = [...processes.values()].some(process => process.state === 'lost');
    const all = live.reduce((sum, process) => sum + process.data.dependencies.length, 0);
    const says = lost ? 'No connection to ' + (processes.size > 1 ? 'a process' : 'the process') + '; the figures are old'
      : !live.length ? 'Connecting…'
      : ill.length ? ill.length + ' of ' + all + (all === 1 ? ' dependency needs' : ' dependencies need') + ' attention'
      : all ? 'All ' + all + ' dependencies are well' : 'Watching';
    const headline = $('headline');
    if (!headline.says) headline.replaceChildren(headline.says = h('span'), headline.ill = h('span'));
    text(headline.says, says);
    keyed(headline.ill, ill, ({ process, it }) => process.base + it.name,
      ({ process, it }) => ({ element: h('a', { href: '#' + tileId(process, it) }) }),
      (part, { it }) => {
        className(part.element, 'chip ' + it.status);
        text(part.element, it.name + ': ' + it.reason);
      });
    document.title = (ill.length ? '(' + ill.length + ') ' : '') + (live.length ? live[0].data.process.name : 'resilience');
  }

  function drawNav(live) {
    const sum = pick => live.reduce((n, process) => n + pick(process.data), 0);
    const links = [['#wall', 'Dependencies', sum(data => data.dependencies.length)]];
    if (live.some(process => process.data.requests)) links.push(['#requests', 'Live requests', sum(data => data.requests ? data.requests.live : 0)]);
    links.push(['#calls', 'Recent calls', sum(data => data.calls.length)]);
    for (const kind of kindsOf(live)) links.push(['#panels-' + id(kind), PANEL_TITLES[kind] || kind, sum(data => data.panels.filter(panel => panel.kind === kind).length)]);
    keyed($('nav'), links, link => link[0], link => {
      const part = { n: h('span', { class: 'n' }) };
      part.element = h('a', { href: link[0] }, link[1], part.n);
      return part;
    }, (part, link) => text(part.n, number(link[2])));
  }

  // ---- the wall

  const tileId = (process, it) => 'tile-' + id((process.base === './' ? '' : process.base) + it.name);

  function drawTiles(live, many) {
    const tiles = live.flatMap(process => process.data.dependencies.map(it => ({ process, it })));
    hide($('tiles-empty'), tiles.length > 0 || !live.length);
    hide($('legend'), tiles.length === 0);
    keyed($('tiles'), tiles, ({ process, it }) => process.base + it.name, makeTile, (part, { process, it }) => updateTile(part, process, it, many));
  }

  function value(parts, field) {
    return parts[field] = h('span', { 'data-field': field });
  }

  function makeTile({ process, it }) {
    const part = {};
    const v = field => value(part, field);
    part.title = h('h3', { id: tileId(process, it) + '-title' });
    part.chip = h('span', { class: 'chip' });
    part.health = h('div', { class: 'health', role: 'img' });
    part.segments = Object.fromEntries(KINDS.map(([kind]) => [kind, h('i')]));
    for (const [kind] of KINDS) {
      part.segments[kind].style.background = 'var(--' + kind + ')';
      part.health.append(part.segments[kind]);
    }
    part.traffic = chart('Calls per second, by how they ended');
    part.times = chart('Latency: median, 95 %, 99 %, and the time allowed');
    part.t50 = h('i', { class: 't50' }); part.t95 = h('i', { class: 't95' }); part.t99 = h('i', { class: 't99' });
    part.track = h('div', { class: 'track', role: 'img' }, part.t99, part.t95, part.t50);
    part.budget = h('i'); part.room = h('i');
    part.gauges = { budget: h('div', { class: 'gauge' }, part.budget), room: h('div', { class: 'gauge' }, part.room) };
    const stat = (name, main, small, ...gauge) => h('div', {}, h('dt', {}, name), h('dd', {}, main, ...gauge, h('small', {}, small)));
    part.stats = {
      circuit: stat('Circuit', v('circuit'), v('circuitDetail')),
      concurrency: stat('In use', v('concurrency'), v('concurrencyDetail'), part.gauges.room),
      retries: stat('Retries', v('retries'), v('retriesDetail'), part.gauges.budget),
      hedges: stat('Hedges', v('hedges'), v('hedgesDetail')),
      wasted: stat('Wasted work', v('wasted'), v('wastedDetail')),
    };
    part.totals = h('div', { class: 'totals' });
    for (const [kind, name] of KINDS) part.totals.append(h('span', {}, h('b', { 'data-field': kind }), ' ' + name));
    part.buttons = h('div', { class: 'buttons' });
    part.element = h('article', { class: 'card tile', id: tileId(process, it), 'aria-labelledby': tileId(process, it) + '-title', 'data-name': it.name },
      h('header', {}, part.title, part.chip),
      h('div', { class: 'lead' },
        h('div', {}, h('b', {}, v('rate')), h('span', {}, ' calls')),
        h('div', {}, h('b', {}, v('good')), h('span', {}, ' good'))),
      part.health,
      h('div', { class: 'charts' }, part.traffic.element, part.times.element),
      h('div', { class: 'latency' },
        h('div', { class: 'marks' },
          h('span', {}, 'median ', h('b', {}, v('median'))), h('span', {}, '95 % ', h('b', {}, v('p95'))), h('span', {}, '99 % ', h('b', {}, v('p99'))),
          h('span', { class: 'limit' }, v('timeKind'), ' ', h('b', {}, v('timeGiven')))),
        part.track),
      h('dl', { class: 'stats' }, ...Object.values(part.stats)),
      h('details', {}, h('summary', {}, 'Since the start, and the stack'), part.totals, h('p', {}, v('stack')), part.buttons));
    part.key = process.base + it.name;
    part.close = () => { part.traffic.close(); part.times.close(); };
    return part;
  }

  function updateTile(part, process, it, many) {
    className(part.element, 'card tile ' + it.status);
    if (part.named !== it.name + many) {
      part.named = it.name + many;
      part.title.replaceChildren(it.name, ...(many ? [h('small', {}, process.data.process.name + ' ' + process.data.process.pid)] : []));
    }
    className(part.chip, 'chip ' + it.status);
    text(part.chip, it.reason);
    const recent = it.recent;
    const calls = total(recent.counts);
    const told = calls - recent.counts.cancelled;
    text(part.rate, rate(recent.perSecond));
    text(part.good, told ? percent(recent.counts.success / told) : '–');
    const shares = [];
    for (const [kind, name] of KINDS) {
      width(part.segments[kind], calls ? recent.counts[kind] / calls : 0);
      hide(part.segments[kind], !recent.counts[kind]);
      if (recent.counts[kind]) shares.push(name + ' ' + percent(recent.counts[kind] / calls));
    }
    attribute(part.health, 'aria-label', calls ? 'Of late: ' + shares.join(', ') : 'No calls of late');
    attribute(part.health, 'title', shares.join('\n'));
    drawCharts(part, it);
    updateLatency(part, it);
    updateStats(part, it);
    for (const count of part.totals.querySelectorAll('b')) text(count, number(it.counts[count.dataset.field]));
    text(part.stack, it.stack);
    drawButtonsInto(part.buttons, process, process.base === './' ? process.data.buttons.filter(button => button.group === it.name) : []);
  }

  function updateLatency(part, it) {
    const { samples, median, p95, p99 } = it.latency;
    const given = it.timeGiven && it.timeGiven.limit;
    text(part.median, samples ? millis(median) : '–');
    text(part.p95, samples ? millis(p95) : '–');
    text(part.p99, samples ? millis(p99) : '–');
    text(part.timeKind, it.timeGiven ? it.timeGiven.kind : 'no time-out');
    text(part.timeGiven, given ? millis(given) : '');
    const full = given || p99 * 1.25 || 1;
    width(part.t50, samples ? median / full : 0);
    width(part.t95, samples ? p95 / full : 0);
    width(part.t99, samples ? p99 / full : 0);
    className(part.track, 'track' + (given && p99 > given ? ' over' : ''));
    attribute(part.track, 'aria-label', samples
      ? 'median ' + millis(median) + ', 95 percent within ' + millis(p95) + ', 99 percent within ' + millis(p99) + (given ? ', allowed ' + millis(given) : '')
      : 'no durations of late');
  }

  function updateStats(part, it) {
    const { circuit, concurrency, retries, hedges } = it;
    hide(part.stats.circuit, !circuit);
    if (circuit) {
      text(part.circuit, circuit.state);
      text(part.circuitDetail, circuit.mode === 'FORCED_OPEN' || circuit.mode === 'FORCED_CLOSED' ? 'held by hand'
        : circuit.state === 'closed' ? circuit.windowFailures + ' of ' + circuit.windowCalls + ' failed'
        : number(circuit.rejected) + ' refused');
    }
    hide(part.stats.concurrency, !concurrency);
    if (concurrency) {
      text(part.concurrency, concurrency.inUse + ' of ' + concurrency.limit);
      text(part.concurrencyDetail, concurrency.waiting + ' in line, ' + number(concurrency.rejected) + ' refused');
      width(part.room, concurrency.inUse / concurrency.limit);
      className(part.gauges.room, 'gauge' + (concurrency.inUse >= concurrency.limit ? ' full' : ''));
    }
    hide(part.stats.retries, !retries);
    if (retries) {
      text(part.retries, number(retries.retries));
      text(part.retriesDetail, retries.capacity === null ? 'no budget' : 'budget ' + Math.floor(retries.budget) + ' of ' + retries.capacity);
      hide(part.gauges.budget, retries.capacity === null);
      width(part.budget, retries.capacity ? retries.budget / retries.capacity : 0);
      className(part.gauges.budget, 'gauge' + (retries.capacity && retries.budget < 1 ? ' full' : ''));
    }
    hide(part.stats.hedges, !hedges);
    if (hedges) {
      text(part.hedges, number(hedges.hedges));
      text(part.hedgesDetail, number(hedges.won) + ' won, after ' + millis(hedges.delay));
    }
    text(part.wasted, percent(it.recent.wasted));
    text(part.wastedDetail, it.stillRunning ? it.stillRunning + ' still running' : 'of ' + number(it.recent.attempts) + ' attempts');
  }

  // ---- charts

  function chart(label) {
    const part = { plot: null, name: h('span'), figure: h('span'), box: h('div', { class: 'plot', role: 'img', 'aria-label': label }) };
    part.element = h('figure', { class: 'chart' }, h('figcaption', {}, part.name, part.figure), part.box);
    part.close = () => { if (part.plot) part.plot.destroy(); part.plot = null; };
    return part;
  }

  const base = (box, series, range) => ({
    width: Math.max(60, box.clientWidth), height: 62, padding: [2, 0, 0, 0], legend: { show: false }, cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    axes: [{ show: false }, { show: false }], scales: { x: { time: false }, y: { range } }, series: [{}, ...series],
  });

  const fromZero = (plot, least, most) => [0, Math.max(1, most * 1.08)];

  function trafficOptions(box) {
    const order = [...STACK].reverse(); // the sums first, so that the smaller ones are drawn over them
    return base(box, order.map(kind => ({ fill: () => color(kind), stroke: () => color(kind), width: 0, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) })), fromZero);
  }

  function timesOptions(box) {
    const line = (name, extra) => ({ stroke: () => color(name), width: 1.5, points: { show: false }, spanGaps: false, ...extra });
    return base(box, [line('limit', { dash: [5, 4], width: 1.25 }), line('p99'), line('p95'), line('p50')], fromZero);
  }

  function plotInto(part, options, data) {
    const at = part.box.clientWidth;
    if (at === 0) return;
    if (!part.plot) part.plot = new uPlot(options(part.box), data, part.box);
    else {
      if (part.at !== at) part.plot.setSize({ width: at, height: 62 });
      part.plot.setData(data);
    }
    part.at = at;
  }

  function drawCharts(part, it) {
    const past = histories.get(part.key);
    if (!past || past.at.length < 2) {
      text(part.traffic.name, 'calls per second');
      text(part.times.name, 'latency');
      return;
    }
    const sums = past.rates[STACK.length - 1];
    const seconds = past.at[past.at.length - 1] - past.at[0];
    text(part.traffic.name, 'calls, last ' + millis(seconds * 1000));
    text(part.traffic.figure, 'most ' + rate(Math.max(...sums)));
    text(part.times.name, 'latency');
    const top = Math.max(...past.p99, ...past.limit);
    text(part.times.figure, 'up to ' + millis(top));
    plotInto(part.traffic, trafficOptions, [past.at, ...[...past.rates].reverse()]);
    plotInto(part.times, timesOptions, [past.at, past.limit, past.p99, past.p95, past.p50]);
  }

  function redrawCharts() {
    for (const part of ($('tiles').parts || new Map()).values()) {
      for (const one of [part.traffic, part.times]) if (one.plot) one.plot.redraw(false);
    }
  }

  // ---- live requests

  let anyPlace = false;

  function drawRequests(live, many) {
    const having = live.filter(process => process.data.requests);
    hide($('requests'), having.length === 0);
    if (!having.length) return;
    const wanted = $('filter').value.trim().toLowerCase();
    const all = having.flatMap(process => process.data.requests.rows.map(row => ({ process, row })));
    const rows = wanted
      ? all.filter(({ row }) => [row.name, row.values, row.created, ...row.waiting].join(' ').toLowerCase().includes(wanted))
      : all;
    const count = having.reduce((sum, process) => sum + process.data.requests.live, 0);
    text($('live'), number(count));
    anyPlace = all.some(({ row }) => row.created !== '');
    hide($('created'), !anyPlace);
    hide($('rows-empty'), rows.length > 0);
    hide($('rows-more'), count <= 200);
    text($('rows-more'), 'The oldest ' + number(all.length) + ' of ' + number(count) + ' contexts are shown.');
    keyed($('rows'), rows, ({ process, row }) => process.base + row.id + '/' + row.depth + row.name, makeRow, (part, it) => updateRow(part, it, many));
  }

  function makeRow({ row }) {
    const part = {
      branch: h('span', { class: 'branch', 'aria-hidden': true }), name: h('span'), values: h('span', { class: 'values' }), age: h('td', { class: 'num' }),
      gauge: h('i'), left: h('span'), waiting: h('td'), place: h('td', { class: 'place' }),
    };
    part.box = h('span', { class: 'left' }, h('span', { class: 'gauge' }, part.gauge), part.left);
    part.cell = h('td', { class: 'num' }, part.box);
    part.element = h('tr', { 'data-id': row.id }, h('td', {}, part.branch, part.name, part.values), part.age, part.cell, part.waiting, part.place);
    return part;
  }

  function updateRow(part, { process, row }, many) {
    text(part.branch, row.depth ? '  '.repeat(row.depth - 1) + '└ ' : '');
    text(part.name, row.name + (many && !row.depth ? ' (' + process.data.process.name + ')' : ''));
    text(part.values, row.values);
    text(part.age, millis(row.age));
    const limited = row.left !== undefined;
    text(part.left, limited ? millis(row.left) : 'no limit');
    hide(part.gauge.parentElement, !limited);
    if (limited) width(part.gauge, row.left / (row.left + row.age));
    className(part.box, 'left' + (limited && row.left < 0.2 * (row.left + row.age) ? ' short' : ''));
    text(part.waiting, row.waiting.join('; '));
    text(part.place, row.created);
    hide(part.place, !anyPlace);
  }

  // ---- recent calls

  function drawCalls(live, many) {
    const calls = live.flatMap(process => process.data.calls.map(call => ({ process, call }))).sort((a, b) => b.call.at - a.call.at).slice(0, 50);
    hide($('calls-empty'), calls.length > 0);
    keyed($('reports'), calls, ({ process, call }) => process.base + call.id, ({ process, call }) => ({
      element: h('details', { class: 'card report', 'data-id': call.id },
        h('summary', {},
          h('span', { class: 'when' }, clock(call.at)),
          h('b', {}, call.dependency + (many ? ' (' + process.data.process.name + ')' : '')),
          h('span', {}, h('span', { class: 'chip ' + { answered: '', failed: 'bad', left: 'left' }[call.outcome] }, call.outcome === 'left' ? 'caller left' : call.outcome)),
          h('span', { class: 'tries' }, call.attempts + (call.attempts === 1 ? ' attempt' : ' attempts')),
          h('span', { class: 'why' }, call.why)),
        h('ol', {},
          ...(call.caller ? [h('li', {}, 'caller: ' + call.caller)] : []),
          ...call.steps.map(step => h('li', {}, step)),
          ...(call.waited ? [h('li', {}, 'waited ' + call.waited + ' altogether')] : []))),
    }), () => {});
  }

  // ---- panels

  function kindsOf(live) {
    const kinds = new Set(live.flatMap(process => process.data.panels.map(panel => panel.kind)));
    return [...kinds].sort((a, b) => (PANEL_KINDS.indexOf(a) + 1 || 99) - (PANEL_KINDS.indexOf(b) + 1 || 99));
  }

  function drawPanels(live, many) {
    keyed($('kinds'), kindsOf(live), kind => kind, kind => {
      const part = { cards: h('div', { class: 'panels' }) };
      const name = 'panels-' + id(kind);
      part.element = h('section', { id: name, 'aria-labelledby': name + '-title' }, h('h2', { id: name + '-title' }, PANEL_TITLES[kind] || kind), part.cards);
      return part;
    }, (part, kind) => {
      const panels = live.flatMap(process => process.data.panels.filter(panel => panel.kind === kind).map(panel => ({ process, panel })));
      keyed(part.cards, panels, ({ process, panel }) => process.base + panel.name, makePanel, (card, it) => updatePanel(card, it, many));
    });
  }

  function makePanel({ panel }) {
    const part = { title: h('h3'), chip: h('span', { class: 'chip' }), figures: h('dl', { class: 'figures' }), heads: h('tr'), rows: h('tbody'), more: h('p', { class: 'more' }) };
    part.scroll = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': panel.kind + ' ' + panel.name }, h('table', {}, h('thead', {}, part.heads), part.rows));
    part.element = h('article', { class: 'card panel', 'data-name': panel.name }, h('header', {}, part.title, part.chip), part.figures, part.scroll, part.more);
    return part;
  }

  function updatePanel(part, { process, panel }, many) {
    text(part.title, panel.name + (many ? ' (' + process.data.process.name + ')' : ''));
    hide(part.chip, !panel.remark);
    className(part.chip, 'chip ' + panel.status);
    text(part.chip, panel.remark);
    keyed(part.figures, panel.figures, figure => figure[0], figure => {
      const dd = h('dd', { 'data-field': figure[0] });
      return { element: h('div', {}, h('dt', {}, figure[0]), dd), dd };
    }, (it, figure) => text(it.dd, figure[1]));
    hide(part.scroll, !panel.columns.length || !panel.rows.length);
    keyed(part.heads, panel.columns, column => column, column => ({ element: h('th', { scope: 'col' }, column) }), () => {});
    const progress = panel.columns.indexOf('progress');
    keyed(part.rows, panel.rows.map((row, i) => ({ row, key: row.cells[0] + (panel.kind === 'pool' ? '' : '#' + i) })), it => it.key,
      ({ row }) => ({ element: h('tr', {}, ...row.cells.map((cell, i) => h('td', { class: cell.length > 22 ? 'wide' : '' }, i === progress ? bar() : ''))) }),
      (it, { row }) => {
        className(it.element, row.status);
        row.cells.forEach((cell, i) => {
          const td = it.element.children[i];
          if (i !== progress) text(td, cell);
          else {
            const done = parseFloat(cell);
            if (td.firstChild.value !== done) td.firstChild.value = done;
            attribute(td.firstChild, 'aria-label', 'progress ' + cell);
            text(td.lastChild, ' ' + cell);
          }
        });
      });
    hide(part.more, !panel.leftOut);
    text(part.more, panel.leftOut + ' more are not shown.');
  }

  function bar() {
    const both = document.createDocumentFragment();
    both.append(h('progress', { max: 100, value: 0 }), h('span'));
    return both;
  }

  // ---- buttons, with the token

  let token = sessionStorage.getItem('token') || '';
  if (location.hash.startsWith('#token=')) {
    sessionStorage.setItem('token', token = decodeURIComponent(location.hash.slice(7)));
    history.replaceState(null, '', location.pathname + location.search);
  }

  function drawButtons() {
    const own = processes.get('./');
    const data = own && own.data;
    const names = new Set(data ? data.dependencies.map(it => it.name) : []);
    const free = data ? data.buttons.filter(button => !names.has(button.group)) : [];
    hide($('faults'), free.length === 0);
    hide($('unlock'), !data || !data.writable || token !== '');
    const groups = [...new Set(free.map(button => button.group))];
    keyed($('groups'), groups, group => group, group => {
      const part = { buttons: h('div', { class: 'buttons' }) };
      part.element = h('div', { role: 'group', 'aria-label': group }, h('h3', {}, group), part.buttons);
      return part;
    }, (part, group) => drawButtonsInto(part.buttons, own, free.filter(button => button.group === group)));
  }

  function drawButtonsInto(box, process, buttons) {
    keyed(box, buttons, button => button.id, button => ({
      element: h('button', { type: 'button', 'data-button': button.label, onclick: () => press(process, button) }, button.label),
    }), (part, button) => {
      attribute(part.element, 'aria-pressed', String(button.pressed));
      const locked = token === '';
      if (part.element.disabled !== locked) part.element.disabled = locked;
    });
  }

  async function press(process, button) {
    const answer = await fetch(new URL('buttons/' + button.id, new URL(process.base, location.href)), { method: 'POST', headers: { Authorization: 'Bearer ' + token } });
    if (answer.status === 401) {
      sessionStorage.removeItem('token');
      token = '';
      later();
    }
  }

  function ask(title, label, hint, type) {
    text($('ask-title'), title); text($('ask-label'), label); text($('ask-hint'), hint);
    const input = $('ask-value');
    input.type = type; input.value = '';
    const dialog = $('ask');
    dialog.showModal();
    return new Promise(resolve => dialog.addEventListener('close', () => resolve(dialog.returnValue === 'ok' ? input.value.trim() : ''), { once: true }));
  }

  $('unlock').onclick = async () => {
    const given = await ask('Unlock the buttons', 'Token', 'It stays in this tab until it is closed.', 'password');
    if (given) sessionStorage.setItem('token', token = given);
    later();
  };

  $('add').onclick = async () => {
    const given = await ask('Show another process', 'Address of its page', 'On loopback, or one that this process was opened with (peer).', 'url');
    if (/^https?:\/\//.test(given)) {
      const address = given.endsWith('/') ? given : given + '/';
      if (!processes.has(address)) openProcess(address);
      remembered();
    }
  };

  // ---- the reader

  function pause() {
    paused = !paused;
    attribute($('pause'), 'aria-pressed', String(paused));
    later();
  }

  const THEMES = ['', 'light', 'dark'];

  function theme(next) {
    if (next) document.documentElement.dataset.theme = next;
    else delete document.documentElement.dataset.theme;
    localStorage.setItem('theme', next);
    text($('theme'), next ? 'Theme: ' + next : 'Theme');
    redrawCharts();
  }

  const nextTheme = () => theme(THEMES[(THEMES.indexOf(localStorage.getItem('theme') || '') + 1) % THEMES.length]);

  $('pause').onclick = pause;
  $('theme').onclick = nextTheme;
  $('filter').oninput = later;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawCharts);
  addEventListener('resize', later);
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA/.test(event.target.tagName) || $('ask').open) return;
    if (event.key === 'p') pause();
    else if (event.key === 't') nextTheme();
    else if (event.key === '/') { event.preventDefault(); $('filter').focus(); }
  });

  $('legend').append(...KINDS.map(([kind, name]) => {
    const swatch = h('span', { class: 'swatch', 'aria-hidden': true });
    swatch.style.background = 'var(--' + kind + ')';
    return h('li', {}, swatch, name);
  }));
  $('faults').open = innerWidth > 700;
  theme(localStorage.getItem('theme') || '');
  openProcess('./');
  for (const also of new URLSearchParams(location.search).getAll('also')) openProcess(also);
})();
