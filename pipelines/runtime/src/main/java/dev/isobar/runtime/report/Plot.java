package dev.isobar.runtime.report;

import java.util.Locale;

/** An SVG being drawn, with a title and a description for those who do not see it. Colours come from the page's classes. */
final class Plot {
    final double width;
    final double height;
    private final StringBuilder out = new StringBuilder();

    Plot(String id, double width, double height, String title, String description) {
        this.width = width;
        this.height = height;
        out.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %s %s\" role=\"img\" aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>",
                n(width),
                n(height),
                id,
                id,
                id,
                Words.esc(title),
                id,
                Words.esc(description)));
    }

    Plot line(double x1, double y1, double x2, double y2, String css) {
        out.append("<line x1=\"" + n(x1) + "\" y1=\"" + n(y1) + "\" x2=\"" + n(x2) + "\" y2=\"" + n(y2) + "\" class=\""
                + css + "\"/>");
        return this;
    }

    /** A rectangle with a tooltip; an empty tip means none. */
    Plot rect(double x, double y, double w, double h, double radius, String css, String tip) {
        out.append("<rect x=\"" + n(x) + "\" y=\"" + n(y) + "\" width=\"" + n(Math.max(0, w)) + "\" height=\""
                + n(Math.max(0, h)) + "\" rx=\"" + n(radius) + "\" class=\"" + css + "\"");
        return tip(tip, "rect");
    }

    Plot circle(double x, double y, double r, String css, String tip) {
        out.append("<circle cx=\"" + n(x) + "\" cy=\"" + n(y) + "\" r=\"" + n(r) + "\" class=\"" + css + "\"");
        return tip(tip, "circle");
    }

    Plot path(CharSequence d, String css) {
        out.append("<path d=\"").append(d).append("\" class=\"").append(css).append("\"/>");
        return this;
    }

    /** Text; the anchor is {@code start}, {@code middle} or {@code end}. */
    Plot text(double x, double y, String anchor, String css, String text) {
        out.append("<text x=\"" + n(x) + "\" y=\"" + n(y) + "\" text-anchor=\"" + anchor + "\" class=\"" + css + "\">"
                + Words.esc(text) + "</text>");
        return this;
    }

    /** Text along a vertical axis, read from below. */
    Plot upright(double x, double y, String css, String text) {
        out.append("<text transform=\"translate(" + n(x) + " " + n(y)
                + ") rotate(-90)\" text-anchor=\"middle\" class=\"" + css + "\">" + Words.esc(text) + "</text>");
        return this;
    }

    String done() {
        return out + "</svg>";
    }

    private Plot tip(String tip, String element) {
        out.append(tip.isEmpty() ? "/>" : "><title>" + Words.esc(tip) + "</title></" + element + ">");
        return this;
    }

    /** A coordinate with at most one decimal: a tenth of a pixel is finer than any screen. */
    static String n(double value) {
        double rounded = Math.rint(value * 10) / 10;
        return rounded == Math.rint(rounded)
                ? Long.toString((long) rounded)
                : String.format(Locale.ROOT, "%.1f", rounded);
    }
}
