package dev.isobar.cli.print;

import dev.isobar.runtime.RunListener;
import java.io.PrintStream;
import java.util.function.LongSupplier;

/**
 * Tells people how a run gets on: one line a step, redrawn in place on a terminal, else a line when a step starts and ends and one every few seconds
 * between. Called from one thread at a time.
 */
public final class Progress implements RunListener {
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long PLAIN_LINE_NANOS = 5_000_000_000L;
    /** A rate over less than this says nothing. */
    private static final double RATE_AFTER_SECONDS = 0.5;

    private static final String ERASE_LINE = "\r\u001b[2K";

    private final PrintStream out;
    private final Terminal terminal;
    private final LongSupplier nanoTime;
    private String step = "";
    private String what = "";
    private long done;
    private long stepStarted;
    private long firstDone = -1;
    private long firstAt;
    private long lastLine;

    /**
     * @param out usually standard error
     * @param nanoTime {@code System::nanoTime}, or a test's own clock
     */
    public Progress(PrintStream out, Terminal terminal, LongSupplier nanoTime) {
        this.out = out;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
    }

    @Override
    public void runStarted(String runId, boolean resumed) {
        line((resumed ? "Taking up run " : "Run ") + terminal.strong(runId));
    }

    @Override
    public void stepStarted(String name) {
        step = name;
        what = "";
        done = 0;
        firstDone = -1;
        stepStarted = nanoTime.getAsLong();
        lastLine = stepStarted;
        if (terminal.live()) {
            redraw("  " + pad(name));
        } else {
            line("  " + name + " ...");
        }
    }

    @Override
    public void progress(String name, String things, long doneNow, long total) {
        long now = nanoTime.getAsLong();
        if (!name.equals(step) || !things.equals(what) || firstDone < 0 || doneNow < done) {
            step = name;
            what = things;
            firstDone = doneNow;
            firstAt = now;
        }
        done = doneNow;
        boolean complete = total > 0 && doneNow >= total;
        if (now - lastLine < (terminal.live() ? REDRAW_NANOS : PLAIN_LINE_NANOS) && !(complete && terminal.live())) {
            return;
        }
        lastLine = now;
        StringBuilder text = new StringBuilder("  ").append(pad(name));
        double seconds = (now - firstAt) / 1e9;
        double rate = seconds >= RATE_AFTER_SECONDS ? (doneNow - firstDone) / seconds : 0;
        if (total > 0) {
            double share = Math.min(1, (double) doneNow / total);
            if (terminal.live()) {
                text.append(bar(share)).append(' ');
            }
            text.append(String.format(java.util.Locale.ROOT, "%3d %%  ", (int) (share * 100)));
        }
        text.append(Numbers.count(doneNow)).append(' ').append(things);
        if (rate >= 1) {
            text.append("  ").append(Numbers.count(Math.round(rate))).append("/s");
            if (total > doneNow) {
                text.append("  ")
                        .append(Numbers.duration((total - doneNow) / rate))
                        .append(" left");
            }
        }
        if (terminal.live()) {
            redraw(text.toString());
        } else {
            line(text.toString());
        }
    }

    @Override
    public void notice(String sentence) {
        line("  " + pad(step) + terminal.plain(sentence) + ".");
    }

    @Override
    public void stepEnded(String name, String status, double seconds, String note) {
        boolean good = status.equals("SUCCEEDED") || status.equals("UNCHANGED");
        StringBuilder text = new StringBuilder()
                .append(good ? terminal.good(terminal.tick()) : terminal.bad(terminal.cross()))
                .append(' ')
                .append(pad(name));
        String counted = done > 0 && name.equals(step) ? Numbers.count(done) + " " + what : "";
        text.append(String.format("%-20s", counted))
                .append(' ')
                .append(String.format("%8s", Numbers.duration(seconds)));
        if (!status.equals("SUCCEEDED")) {
            text.append("  ").append(terminal.status(status));
        }
        // Why a step failed is told once, at the end and whole.
        if (!note.isEmpty() && !status.equals("FAILED")) {
            text.append("  ").append(terminal.quiet(terminal.plain(note)));
        }
        done = 0;
        line(text.toString());
    }

    private static String pad(String name) {
        return String.format("%-9s", name);
    }

    private String bar(double share) {
        int width = Math.min(24, Math.max(8, terminal.columns() - 66));
        int full = (int) Math.round(share * width);
        return (terminal.unicode() ? "━" : "#").repeat(full) + (terminal.unicode() ? "┄" : ".").repeat(width - full);
    }

    private void redraw(String text) {
        String cut = text.length() < terminal.columns() ? text : text.substring(0, terminal.columns() - 1);
        out.print(ERASE_LINE + cut);
        out.flush();
    }

    private void line(String text) {
        out.print((terminal.live() ? ERASE_LINE : "") + text + "\n");
        out.flush();
    }
}
