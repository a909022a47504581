/* The report's script: sets the formulas, draws the charts in the colours of the style sheet, saves the results.
 * Every part works without the others; without any of them the page is still readable. */
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("scripted");

  function each(selector, action) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), action);
  }

  function setFormulas() {
    if (!window.katex) return;
    each(".math", function (element) {
      var plain = element.textContent;
      try {
        var style = element.classList.contains("display") ? "\\displaystyle " : "";
        window.katex.render(style + element.getAttribute("data-tex"), element, {
          throwOnError: true, trust: false, maxSize: 20, maxExpand: 200
        });
      } catch (error) {
        element.textContent = plain;
      }
    });
  }

  function colour(name) {
    return window.getComputedStyle(root).getPropertyValue(name).trim();
  }

  /* A copy of the configuration with "var(--name)" replaced by the colour of that name. */
  function withColours(value) {
    if (typeof value === "string") {
      var name = /^var\((--[a-z-]+)\)$/.exec(value);
      return name ? colour(name[1]) : value;
    }
    if (Array.isArray(value)) return value.map(withColours);
    if (value === null || typeof value !== "object") return value;
    var copy = {};
    Object.keys(value).forEach(function (key) { copy[key] = withColours(value[key]); });
    return copy;
  }

  /* 12 345, or 3.40·10²⁹ from `long` on and 3.40·10⁻⁵ below a thousandth; powers of ten without the factor. */
  function spelled(value, long) {
    if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < long)) return value.toLocaleString("en-US").replace(/,/g, "\u202F");
    var parts = value.toExponential(2).split("e");
    var power = "10" + (parts[1][0] === "-" ? "\u207B" : "") + parts[1].slice(1).replace(/./g, function (digit) { return "\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079"[digit]; });
    return parts[0] === "1.00" ? power : parts[0] + "\u00B7" + power;
  }

  /* Writes each value at the end of its bar. */
  var barValues = {
    id: "barValues",
    afterDatasetsDraw: function (chart, arguments_, options) {
      if (!options || !options.display) return;
      var draw = chart.ctx;
      draw.save();
      draw.font = "600 13px system-ui, sans-serif";
      draw.fillStyle = colour("--ink");
      draw.textBaseline = "middle";
      chart.getDatasetMeta(0).data.forEach(function (bar, index) {
        draw.fillText(spelled(chart.data.datasets[0].data[index], 1e9), bar.x + 7, bar.y);
      });
      draw.restore();
    }
  };

  function draw(figure) {
    var config = withColours(JSON.parse(figure.querySelector("script.chart-config").textContent));
    var options = config.options = config.options || {};
    var plugins = options.plugins || {};
    options.animation = false;
    options.responsive = true;
    options.maintainAspectRatio = false;
    options.layout = options.layout || { padding: { right: plugins.barValues ? 84 : 8 } };
    Object.keys(options.scales || {}).concat(["x", "y"]).forEach(function (axis) {
      options.scales = options.scales || {};
      var scale = options.scales[axis] = options.scales[axis] || {};
      scale.ticks = scale.ticks || {};
      scale.ticks.maxRotation = 0;
      if (scale.type === "logarithmic")
        scale.ticks.callback = function (value) {
          return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? spelled(value, 1e5) : "";
        };
    });
    if (options.indexAxis === "y" && options.scales.y) {
      options.scales.y.grid = { display: false };
      options.scales.y.ticks.font = { size: 13 };
      options.scales.y.ticks.color = colour("--ink");
    }
    return new window.Chart(figure.querySelector("canvas"), config);
  }

  var charts = [];

  function drawCharts() {
    if (!window.Chart) {
      each("figure.chart details", function (details) { details.open = true; });
      return;
    }
    charts.forEach(function (chart) { chart.destroy(); });
    charts = [];
    window.Chart.defaults.color = colour("--muted");
    window.Chart.defaults.borderColor = colour("--line");
    window.Chart.defaults.font.family = window.getComputedStyle(document.body).fontFamily;
    each("figure.chart", function (figure) {
      try {
        figure.classList.add("drawn");
        charts.push(draw(figure));
      } catch (error) {
        figure.classList.remove("drawn");
        figure.querySelector("details").open = true;
      }
    });
  }

  function saveResults() {
    var link = document.createElement("a");
    var text = document.getElementById("neuroalg-results").textContent;
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "neuroalg-results.json";
    link.click();
    window.setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  setFormulas();
  if (window.Chart) window.Chart.register(barValues);
  drawCharts();
  ["(prefers-color-scheme: dark)", "print"].forEach(function (media) {
    window.matchMedia(media).addEventListener("change", drawCharts);
  });
  var save = document.getElementById("save-results");
  if (save) save.addEventListener("click", saveResults);
})();
