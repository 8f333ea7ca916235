/// The one style sheet: of the analysts' pages and of reports. No font, picture or sheet of elsewhere.
package enum PageStyle {
    package static let sheet: StaticString = """
        :root { color-scheme: light dark;
          --page: #f5f6f8; --card: #ffffff; --text: #1a2029; --soft: #566070; --line: #d5dae2; --link: #0b57c4; --focus: #0b57c4;
          --main: #2f6fd0; --good: #1e7f4f; --bad: #b3261e; --warm: #9a5b00; --track: #e4e8ee; --note: #e8f1ff; --alarm: #fdeceb;
          --press: #0b57c4; --press-text: #ffffff; --b0: #b5dcc3; --b1: #efd27e; --b2: #df8a34; --b3: #b3261e;
          --k0: #2f6fd0; --k1: #c2571a; --k2: #1e7f4f; --k3: #8e44ad; --k4: #a87b00; --k5: #0f7f86; --k6: #7a8494; }
        @media (prefers-color-scheme: dark) { :root {
          --page: #12161c; --card: #1b2129; --text: #e7ebf1; --soft: #a3adbb; --line: #353e4b; --link: #8ab8ff; --focus: #8ab8ff;
          --main: #6ea3f5; --good: #6fcf9b; --bad: #ff8f86; --warm: #f0b45c; --track: #2b333f; --note: #1b2b45; --alarm: #43211f;
          --press: #8ab8ff; --press-text: #0d1420; --b0: #2e6b48; --b1: #9a8330; --b2: #e0913f; --b3: #ff8f86;
          --k0: #6ea3f5; --k1: #f0935c; --k2: #6fcf9b; --k3: #cf9be6; --k4: #e3c04f; --k5: #5cc6cc; --k6: #8c97a8; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, "Noto Sans", "Noto Sans CJK JP", "Hiragino Sans",
          "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
        a { color: var(--link); } h1 { font-size: 1.35rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
        h3 { font-size: .95rem; margin: 1rem 0 .4rem; } p { margin: .3rem 0; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
        .skip { position: absolute; left: -99rem; } .skip:focus { position: static; display: block; padding: .5rem 1rem; }
        .top { background: var(--card); border-bottom: 1px solid var(--line); padding: .6rem 1rem; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem;
          align-items: baseline; } .top .name { font-weight: 700; text-decoration: none; color: var(--text); } .top .right { margin-left: auto; }
        .top nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
        main { max-width: 76rem; margin: 0 auto; padding: 1rem; } main > * + * { margin-top: 1rem; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
        .columns { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); } .columns > div > * + * { margin-top: 1rem; }
        .soft { color: var(--soft); } .small { font-size: .875rem; } .number { text-align: right; font-variant-numeric: tabular-nums; }
        .bad { color: var(--bad); } .good { color: var(--good); } .warm { color: var(--warm); } .strong { font-weight: 700; }
        .banner { border: 1px solid var(--line); border-left: .35rem solid var(--main); background: var(--note); border-radius: .4rem; padding: .7rem 1rem; }
        .banner.alarm { border-left-color: var(--bad); background: var(--alarm); }
        .head { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; justify-content: space-between; }
        .tag { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; font-weight: 600; }
        dl.facts { display: grid; grid-template-columns: minmax(5.5rem, max-content) minmax(0, 1fr); gap: .25rem .9rem; margin: 0; }
        dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; }
        .tile .value { font-size: 1.3rem; font-weight: 700; line-height: 1.2; } .tile .label { color: var(--soft); font-size: .875rem; }
        table { border-collapse: collapse; width: 100%; font-size: .925rem; } th, td { text-align: left; padding: .4rem .6rem .4rem 0; vertical-align: top; }
        th { color: var(--soft); font-weight: 600; } th.number, td.number { text-align: right; } tbody tr { border-top: 1px solid var(--line); }
        caption { text-align: left; font-weight: 700; padding: 0 0 .3rem; } .scroll { overflow-x: auto; }
        th.number, td.number { padding-right: 1.4rem; } th.number:last-child, td.number:last-child { padding-right: .2rem; }
        .scroll th, .scroll td { white-space: nowrap; overflow-wrap: break-word; } .scroll bdi { display: inline-block; max-width: 22rem; white-space: normal; overflow-wrap: break-word; }
        td.wide { white-space: normal; }
        form.line { display: inline; } label { font-weight: 600; display: block; }
        input[type=text], select { font: inherit; width: 100%; padding: .5rem .6rem; border: 1px solid var(--soft); border-radius: .35rem;
          background: var(--page); color: var(--text); }
        button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .45rem .9rem; border: 1px solid var(--soft); border-radius: .35rem; background: var(--card);
          color: var(--text); cursor: pointer; } button:hover { border-color: var(--link); }
        button.main { background: var(--press); border-color: var(--press); color: var(--press-text); }
        .buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .8rem; } .buttons button { flex: 1 1 8rem; }
        .buttons .says { display: block; font-weight: 400; font-size: .82rem; } kbd { font: 600 .8rem ui-monospace, monospace; border: 1px solid currentColor;
          border-radius: .25rem; padding: 0 .3rem; }
        ol.reasons { list-style: none; margin: 0; padding: 0; } ol.reasons li + li { margin-top: .7rem; }
        .reason { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; }
        svg.bar { display: block; width: 100%; height: .7rem; margin-top: .15rem; } svg.bar .track { fill: var(--track); } svg.bar .fill { fill: var(--main); }
        svg.bar .fill.high { fill: var(--bad); } svg.bar .fill.against { fill: var(--good); } svg.bar.short { width: 5rem; display: inline-block; margin-left: .5rem; }
        svg.chart { display: block; width: 100%; max-width: 42rem; height: auto; } svg.square { max-width: 26rem; } svg text { fill: var(--soft); font-size: 13px; } svg text.strong { fill: var(--text); }
        svg .axis { stroke: var(--soft); stroke-width: 1; } svg .grid { stroke: var(--line); stroke-width: 1; } svg .stem { stroke: var(--soft); stroke-width: 1.5; }
        svg .head.plain { fill: var(--soft); } svg .head.positive { fill: var(--bad); } svg .stem.positive { stroke: var(--bad); }
        svg .head.current { fill: var(--main); stroke: var(--card); } svg .stem.current { stroke: var(--main); stroke-width: 2.5; }
        svg .series { fill: none; stroke: var(--main); stroke-width: 2; } svg .mark { fill: var(--main); } svg .mark.second { fill: var(--bad); }
        svg .range { stroke: var(--main); stroke-width: 2; } svg .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 5 4; } svg .ideal { stroke: var(--soft);
          stroke-dasharray: 4 4; } .legend { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; font-size: .85rem; color: var(--soft); margin: 0; padding: 0; list-style: none; }
        .key-plain::before { content: "● "; color: var(--soft); } .key-positive::before { content: "▲ "; color: var(--bad); } .key-current::before { content: "■ "; color: var(--main); }
        svg .band.c0 { fill: var(--b0); } svg .band.c1 { fill: var(--b1); } svg .band.c2 { fill: var(--b2); } svg .band.c3 { fill: var(--b3); }
        svg .kind.c0 { fill: var(--k0); } svg .kind.c1 { fill: var(--k1); } svg .kind.c2 { fill: var(--k2); } svg .kind.c3 { fill: var(--k3); }
        svg .kind.c4 { fill: var(--k4); } svg .kind.c5 { fill: var(--k5); } svg .kind.c6 { fill: var(--k6); } svg .mark.other { fill: var(--warm); }
        svg .dot { fill: var(--card); stroke: var(--text); stroke-width: 1.5; } svg .range.soft { stroke-opacity: .35; } svg .series.thin { stroke-width: 1; }
        svg .point { fill: var(--main); fill-opacity: .6; } svg .point.outside { fill: var(--bad); fill-opacity: .8; } svg .cell { fill: var(--main); }
        svg .cell.d1 { fill-opacity: .12; } svg .cell.d2 { fill-opacity: .25; } svg .cell.d3 { fill-opacity: .4; } svg .cell.d4 { fill-opacity: .55; }
        svg .cell.d5 { fill-opacity: .7; } svg .usual { fill: var(--track); } svg .series.s1 { stroke: var(--k1); stroke-dasharray: 7 3; }
        svg .series.s2 { stroke: var(--k2); stroke-dasharray: 2 3; } svg .mark.k1 { fill: var(--k1); } svg .mark.k2 { fill: var(--k2); } svg .due { stroke: var(--bad); stroke-width: 2; }
        :where([class^=key-])::before { content: "■ "; } .key-band0::before { color: var(--b0); } .key-band1::before { color: var(--b1); } .key-band2::before { color: var(--b2); }
        .key-band3::before { color: var(--b3); } .key-kind0::before { color: var(--k0); } .key-kind1::before { color: var(--k1); } .key-kind2::before { color: var(--k2); }
        .key-kind3::before { color: var(--k3); } .key-kind4::before { color: var(--k4); } .key-kind5::before { color: var(--k5); } .key-kind6::before { color: var(--k6); }
        .key-other::before { color: var(--warm); } .key-usual::before { color: var(--track); } .key-failure::before { content: "▼ "; color: var(--bad); }
        .key-dot::before { content: "○ "; } .key-point::before { content: "● "; color: var(--main); } .key-series::before { content: "━ "; color: var(--main); }
        .key-s1::before { content: "╍ "; color: var(--k1); } .key-s2::before { content: "┅ "; color: var(--k2); } .key-due::before { content: "┃ "; color: var(--bad); }
        .filters { margin-bottom: .3rem; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; } [aria-current] { font-weight: 700; color: var(--text); text-decoration: none; }
        footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem 2rem; color: var(--soft); font-size: .85rem; } tr.selected { background: var(--note); }
        @media (min-width: 60rem) { .columns { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); align-items: start; } .columns.even { grid-template-columns: repeat(2, minmax(0, 1fr)); }
          .decide { position: sticky; top: 1rem; } }
        @media (max-width: 34rem) { svg.chart text { font-size: 19px; } svg.square text { font-size: 13px; } } @media (pointer: coarse) { kbd { display: none; } }
        @media (max-width: 47.99rem) { table.stack thead { position: absolute; left: -99rem; } table.stack tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .15rem .8rem; padding: .6rem 0; }
          table.stack td { display: block; padding: 0; text-align: left; } table.stack td::before { content: attr(data-label) " "; color: var(--soft); font-size: .8rem; display: block; }
          .buttons button { flex-basis: 100%; } }
        @media print { :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; } body { font-size: 11pt; } .card { break-inside: avoid; } .top, .skip { display: none; } }
        """
}
