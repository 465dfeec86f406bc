"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const narrow = () => window.innerWidth < 820;
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const yuan = (value) => value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const short = (value) => {
    const size = Math.abs(value);
    if (size >= 1e8) return (value / 1e6).toFixed(0) + " m";
    if (size >= 1e6) return (value / 1e6).toFixed(size >= 1e7 ? 0 : 1) + " m";
    if (size >= 1e3) return (value / 1e3).toFixed(0) + " k";
    return String(value);
  };
  const weekday = (day) => new Date(day + "T00:00:00Z").toLocaleDateString("en", { weekday: "short", timeZone: "UTC" });
  const month = (day) => {
    const at = new Date(day + "T00:00:00Z");
    const name = at.toLocaleDateString("en", { month: "short", timeZone: "UTC" });
    return at.getUTCMonth() === 0 ? name + "\n" + at.getUTCFullYear() : name;
  };
  const tip = (rows) => (points) => {
    const at = points[0].dataIndex;
    const lines = rows(at).map(([name, value, mark]) =>
      `<tr><td style="padding:1px 14px 1px 0;border:0;text-align:left">${mark || ""}${name}</td>` +
      `<td style="padding:1px 0;border:0;text-align:right;font-variant-numeric:tabular-nums">${value}</td></tr>`);
    return `<b>${weekday(data.days[at])} ${data.days[at]}</b><table style="width:auto;font-size:13px">${lines.join("")}</table>`;
  };
  const EDGE = 4; // percent
  const dot = (name) => `<span style="display:inline-block;width:9px;height:9px;border-radius:5px;margin-right:6px;background:${color(name)}"></span>`;

  const xAxis = (more) => ({
    type: "category", data: data.days, boundaryGap: true, axisTick: { show: false },
    axisLine: { lineStyle: { color: color("--line") } },
    axisLabel: {
      color: color("--soft"), hideOverlap: true, formatter: month,
      interval: data.days.length > 62 ? (_, day) => day.endsWith("-01") : "auto",
    }, ...more,
  });
  const yAxis = (more) => ({
    type: "value", axisLabel: { color: color("--soft"), formatter: short },
    splitLine: { lineStyle: { color: color("--line") } }, ...more,
  });
  const base = (rows) => ({
    animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    aria: { enabled: true },
    legend: { type: "scroll", top: 0, left: 0, pageIconColor: color("--soft"), pageTextStyle: { color: color("--soft") }, itemWidth: 14, itemHeight: 8, itemGap: 16, textStyle: { color: color("--ink") }, inactiveColor: color("--line") },
    grid: { left: 8, right: 12, top: 44, bottom: 8, containLabel: true },
    tooltip: {
      trigger: "axis", confine: true, backgroundColor: color("--card"), borderColor: color("--line"),
      textStyle: { color: color("--ink"), fontSize: 13 }, formatter: tip(rows),
      axisPointer: { lineStyle: { color: color("--soft") }, shadowStyle: { color: color("--band") } },
    },
    dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false }],
  });
  const line = (name, values, paint, more) => ({
    name, type: "line", data: values, showSymbol: false, symbolSize: 5,
    lineStyle: { width: 1.8, color: color(paint) }, itemStyle: { color: color(paint) }, ...more,
  });

  // What is equal lies under ours as a broad band, so that both can be seen.
  const under = (name, values, more) => line(name, values, "--real", {
    lineStyle: { width: 6, color: color("--real"), opacity: 0.5, cap: "round" }, ...more,
  });

  const balance = () => ({
    ...base((at) => [
      ["books", yuan(data.balance[at]), dot("--ours")],
      ["source", yuan(data.balance_real[at]), dot("--real")],
      ["books − source", yuan(data.balance[at] - data.balance_real[at])],
    ]),
    xAxis: xAxis({ boundaryGap: false }), yAxis: yAxis(),
    series: [
      under("source", data.balance_real, { areaStyle: { color: color("--band"), opacity: 1 } }),
      line("books", data.balance, "--ours", {
        markPoint: { symbol: "circle", symbolSize: 11, itemStyle: { color: color("--bad"), borderColor: color("--card"), borderWidth: 2 },
          label: { position: "top", distance: 8, color: color("--bad"), fontWeight: 600, formatter: (point) => point.name },
          data: data.breaks.map((found) => ({ name: `break ${yuan(found.yuan)} yuan`, coord: [found.date, found.at] })) } }),
    ],
  });

  const kinds = [
    ["bought from wallet", 0, 1, "--in1"], ["bought from bank", 1, 1, "--in2"],
    ["spent in shops", 2, -1, "--out1"], ["redeemed to wallet", 3, -1, "--out2"],
    ["redeemed to bank", 4, -1, "--out3"],
  ];
  const flows = () => ({
    ...base((at) => [
      ...kinds.map(([name, n, , paint]) => [name, yuan(data.flows[n][at]), dot(paint)]),
      ["in − out", yuan(kinds.reduce((sum, [, n, sign]) => sum + sign * data.flows[n][at], 0))],
    ]),
    xAxis: xAxis(), yAxis: yAxis(),
    series: kinds.map(([name, n, sign, paint]) => ({
      name, type: "bar", stack: "day", barCategoryGap: "12%", data: data.flows[n].map((value) => sign * value),
      itemStyle: { color: color(paint) },
    })),
  });

  const income = () => {
    const off = data.income.map((ours, at) => 100 * (ours / data.income_real[at] - 1));
    // A day beyond the edge is a triangle that points to where it is.
    const point = (value) => ({
      value: Math.max(-EDGE, Math.min(EDGE, value)),
      symbol: Math.abs(value) > EDGE ? "triangle" : "circle", symbolRotate: value < -EDGE ? 180 : 0,
      symbolSize: Math.abs(value) > EDGE ? 9 : narrow() ? 3 : 5,
      itemStyle: { color: color(Math.abs(value) <= 1 ? "--good" : "--bad") },
    });
    const plain = base((at) => [
      ["ours", yuan(data.income[at]), dot("--ours")],
      ["real", yuan(data.income_real[at]), dot("--real")],
      ["ours / real", (off[at] > 0 ? "+" : "") + off[at].toFixed(2) + " %"],
    ]);
    return {
      ...plain, axisPointer: { link: [{ xAxisIndex: "all" }] },
      dataZoom: [{ ...plain.dataZoom[0], xAxisIndex: [0, 1] }],
      grid: [{ left: 8, right: 12, top: 44, height: "52%", containLabel: true },
        { left: 8, right: 12, top: "72%", bottom: 8, containLabel: true }],
      xAxis: [xAxis({ boundaryGap: false, gridIndex: 0, axisLabel: { show: false } }), xAxis({ boundaryGap: false, gridIndex: 1 })],
      yAxis: [yAxis({ gridIndex: 0 }),
        yAxis({ gridIndex: 1, min: -EDGE, max: EDGE, interval: 2, axisLabel: { color: color("--soft"), formatter: (v) => (v > 0 ? "+" : "") + v + " %" } })],
      series: [
        under("real", data.income_real),
        line("ours", data.income, "--ours"),
        { name: "ours / real", type: "scatter", xAxisIndex: 1, yAxisIndex: 1, clip: false,
          itemStyle: { color: color("--good") },
          data: off.map(point),
          markArea: { silent: true, itemStyle: { color: color("--band") }, data: [[{ yAxis: -1 }, { yAxis: 1 }]] } },
      ],
    };
  };

  const yields = () => ({
    ...base((at) => [
      ["ours, from the daily income", data.yield_ours[at] === null ? "-" : data.yield_ours[at].toFixed(3) + " %", dot("--ours")],
      ["published", data.yield_published[at].toFixed(3) + " %", dot("--real")],
    ]),
    xAxis: xAxis({ boundaryGap: false }),
    yAxis: yAxis({ scale: true, axisLabel: { color: color("--soft"), formatter: (v) => v.toFixed(1) + " %" } }),
    series: [
      under("published", data.yield_published),
      line("ours, from the daily income", data.yield_ours, "--ours"),
    ],
  });

  const charts = Object.entries({ balance, flows, income, yields }).map(([id, option]) => {
    const chart = echarts.init(document.getElementById(id));
    chart.group = "year";
    return { chart, option };
  });
  const draw = () => charts.forEach(({ chart, option }) => chart.setOption(option(), true));
  draw();
  echarts.connect("year");
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => charts.forEach(({ chart }) => chart.resize()), 60);
  });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", draw);
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    draw();
  });
})();
