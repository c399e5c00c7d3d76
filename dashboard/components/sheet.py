"""What do the product's own parts of a page look like? One style sheet, for both themes and all widths."""

from __future__ import annotations

from typing import Final

from dashboard.charts.look import AMBER, BLUE, GREEN, GREY, RED

# Text takes the page's own colour, so that one sheet serves the light and the dark theme.
STYLE: Final = f"""<style>
.pm-good{{--tone:{GREEN}}} .pm-fair{{--tone:{BLUE}}} .pm-wait{{--tone:{GREY}}}
.pm-ask{{--tone:{AMBER}}} .pm-bad{{--tone:{RED}}}
.pm-glyph{{color:var(--tone);font-weight:700;display:inline-block;min-width:1.2em}}
.pm-verdict{{border-left:6px solid var(--tone);padding:.3rem 0 .3rem 1rem;margin:.2rem 0 .6rem}}
.pm-answer{{font-size:1.55rem;font-weight:650;line-height:1.25}}
.pm-state{{font-size:1rem;font-weight:500;opacity:.85;white-space:nowrap}}
.pm-lines{{display:grid;grid-template-columns:6.2rem 1fr;gap:.3rem .6rem;margin:.6rem 0 0;font-size:1.02rem}}
.pm-lines dt{{font-weight:650}} .pm-lines dd{{margin:0;overflow-wrap:anywhere}}
.pm-readings{{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;margin:.7rem 0 0;padding:0}}
.pm-readings li{{border:1px solid rgba(125,136,148,.45);border-radius:4px;
 padding:.15rem .6rem;margin:0;font-size:.92rem}}
.pm-readings li.pm-required{{border:2px solid currentColor;font-weight:600}}
.pm-row{{display:grid;gap:.1rem .9rem;padding:.5rem 0;
 border-top:1px solid rgba(125,136,148,.3);font-size:.95rem}}
.pm-pilots .pm-row{{grid-template-columns:9rem 13.5rem 1fr 7rem}}
.pm-criteria .pm-row{{grid-template-columns:15.5rem 1fr 5.5rem}}
.pm-facts .pm-row{{grid-template-columns:10rem 1fr}}
.pm-day{{white-space:nowrap}}
.pm-row a{{color:inherit}}
.pm-row>*{{overflow-wrap:anywhere;min-width:0}}
.pm-chosen{{background:rgba(125,136,148,.1)}}
.pm-head{{font-size:.82rem;opacity:.75;border-top:0;padding-bottom:.15rem}}
.pm-small{{font-size:.86rem;opacity:.8}}
.pm-row details{{margin-top:.1rem}} .pm-row summary{{cursor:pointer}}
.pm-track{{height:14px;background:rgba(125,136,148,.25);border-radius:3px;overflow:hidden;margin:.35rem 0}}
.pm-fill{{height:100%;background:var(--tone)}}
.pm-scroll{{overflow-x:auto;max-width:100%}}
.pm-scroll table{{border-collapse:collapse;font-size:.88rem;width:100%}}
.pm-scroll th,.pm-scroll td{{text-align:left;padding:.25rem .7rem .25rem 0;vertical-align:top;
 border-bottom:1px solid rgba(125,136,148,.3)}}
.pm-scroll th{{font-weight:600}}
.pm-foot{{font-size:.83rem;opacity:.8;line-height:1.6;overflow-wrap:anywhere}}
.pm-cards{{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));
 gap:.9rem;margin:.2rem 0 .4rem}}
.pm-card{{border:1px solid rgba(125,136,148,.35);border-radius:4px;padding:.6rem .85rem .7rem}}
.pm-card h3{{font-size:.98rem;font-weight:650;margin:0;padding:0 0 .35rem;line-height:1.3}}
.pm-pair{{display:grid;grid-template-columns:1fr 1fr;gap:.2rem .9rem}}
.pm-pair>*{{min-width:0;overflow-wrap:anywhere}}
.pm-item{{border:1px solid rgba(125,136,148,.45);border-radius:4px;padding:.8rem 1rem;margin:.2rem 0 .5rem;
 font-size:1.08rem;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere;max-height:24rem;overflow-y:auto}}
.pm-item mark{{font-size:.75rem;border-radius:3px;padding:0 .2rem}}
.pm-agents{{--tone:{BLUE}}} .pm-people{{--tone:{GREEN}}}
.pm-side{{font-size:.86rem;line-height:1.4}}
.pm-big{{font-size:1.4rem;font-weight:650;line-height:1.2;margin:.1rem 0 .15rem}}
.pm-side a{{color:inherit}} .pm-side summary{{cursor:pointer}}
.stMainBlockContainer{{max-width:1180px;padding-top:4.2rem;padding-bottom:3rem}}
@media (max-width:640px){{
 .pm-pilots .pm-row,.pm-criteria .pm-row,.pm-facts .pm-row{{grid-template-columns:1fr}}
 .pm-head{{display:none}} .pm-lines{{grid-template-columns:1fr;gap:0}} .pm-lines dd{{margin-bottom:.5rem}}
 .pm-answer{{font-size:1.3rem}} .pm-cards{{grid-template-columns:1fr}}
 .stMainBlockContainer{{padding-left:.8rem;padding-right:.8rem}}
}}
</style>"""
