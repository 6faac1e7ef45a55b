// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/report/page.h"

#include "config.h"
#include "lib/formats/output_file.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

// Colours are variables, so that a dark screen and paper change only those.
constexpr char kColors[] = R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#59636e;--rule:#d5dae0;--panel:#f5f7f9;
--a:#1f6fb8;--b:#b3541e;--c:#4a7a32;--good:#1a6e38;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e4e8ec;--soft:#9aa5b1;--rule:#343b43;
--panel:#1d2227;--a:#6cb2f2;--b:#f0a070;--c:#9ccf80;--good:#6fcf8f;--bad:#ff8a80}}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--rule:#bbb;--panel:#fff;
--a:#1f6fb8;--b:#b3541e;--c:#4a7a32;--good:#1a6e38;--bad:#b3261e}}
)";

constexpr char kText[] = R"(
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:0 0 12px}h3{font-size:1rem;margin:24px 0 4px}
section{border-top:1px solid var(--rule);margin-top:32px;padding-top:20px}
p{margin:8px 0}.note,small,figcaption span{color:var(--soft)}.note{font-size:.875rem}
a{color:var(--a)}.state{font-weight:600;overflow-wrap:anywhere}.good{color:var(--good)}
.bad{color:var(--bad)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:12px 24px;
margin:16px 0}
.figures div{min-width:0}dt{color:var(--soft);font-size:.875rem}
dd{margin:0;font-size:1.25rem;font-weight:600;overflow-wrap:anywhere}
dd small{display:block;font-weight:400;font-size:.8125rem;line-height:1.3}
pre{background:var(--panel);border:1px solid var(--rule);padding:10px 12px;margin:4px 0;
white-space:pre-wrap;overflow-wrap:anywhere;font-size:.8125rem}
code{font-size:.8125rem;overflow-wrap:anywhere}
)";

constexpr char kTables[] = R"(
.scroll{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;font-size:.875rem;min-width:100%}
caption{text-align:left;color:var(--soft);padding-bottom:4px}
th,td{padding:4px 16px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600;white-space:nowrap}.n{text-align:right;white-space:nowrap}
th:last-child,td:last-child{padding-right:2px}
td:not(.n){overflow-wrap:break-word;min-width:8em}
.bar{display:inline-block;width:64px;height:.6em;background:var(--rule);margin-left:6px}
.bar::before{content:"";display:block;height:100%;width:var(--v);background:var(--a)}
details{margin:12px 0}summary{cursor:pointer;color:var(--a);padding:4px 0}
)";

constexpr char kImages[] = R"(
figure{margin:0}
.shots{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:16px 12px;
margin:12px 0}
.shot img{display:block;width:100%;height:auto;background:var(--panel)}
.shot figcaption{font-size:.8125rem;line-height:1.4;margin-top:4px;color:var(--soft)}
.shot b{color:var(--fg)}.shot a{display:block}
.chart{margin:20px 0 28px}.chart figcaption{font-size:.875rem}
.legend{float:right}.legend i{display:inline-block;width:12px;height:3px;margin:0 5px 3px 12px}
.plot{position:relative;margin:10px 0 0 48px;padding-bottom:24px}
.plot svg{display:block;width:100%;height:132px;overflow:visible}
.plot .ribbon{height:10px;margin-top:6px;overflow:hidden;outline:1px solid var(--rule)}
.y{position:absolute;left:-48px;width:42px;top:0;height:132px}
.y span,.x span{position:absolute;font-size:.75rem;line-height:1;color:var(--soft);
white-space:nowrap}
.y span{right:0;transform:translateY(50%)}.x{position:relative}
.x span{top:7px;transform:translateX(-50%)}.x span:first-child{transform:none}
.plot path{fill:none;vector-effect:non-scaling-stroke}
.plot .grid{stroke:var(--rule);stroke-width:1}
.plot .marks{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3}
.plot .line{stroke-width:1.75;stroke-linejoin:round}
.plot .dots{stroke-width:4.5;stroke-linecap:round}.plot .area{stroke:none;opacity:.16}
.plot .ribbon path{stroke-width:1;vector-effect:none;shape-rendering:crispEdges}
.s0{stroke:var(--a)}.s1{stroke:var(--b)}.s2{stroke:var(--c)}
.plot .area.s0{fill:var(--a)}.plot .area.s1{fill:var(--b)}.plot .area.s2{fill:var(--c)}
i.s0{background:var(--a)}i.s1{background:var(--b)}i.s2{background:var(--c)}
@media print{main{max-width:none;padding:0}figure,tr,.figures{break-inside:avoid}
h2,h3{break-after:avoid}.scroll{overflow:visible}.bar,.bar::before,.ribbon{
-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@media(max-width:520px){.shots{grid-template-columns:1fr 1fr}.legend{float:none;display:block}}
)";

}  // namespace

// The policy keeps the page from fetching anything, whatever got into it.
std::string whole_page(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
         "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; img-src data:; "
         "style-src 'unsafe-inline'\">\n"
         "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
         "<meta name=generator content=\"gst-torch " VERSION "\">\n<title>" +
         escaped(title) + "</title>\n<style>" + kColors + kText + kTables + kImages +
         "</style></head>\n<body><main>\n" + body + "</main></body></html>\n";
}

Result<void> write_page(const std::string& path, const std::string& page) {
  return write_whole_file(path, page);
}

}  // namespace gsttorch
