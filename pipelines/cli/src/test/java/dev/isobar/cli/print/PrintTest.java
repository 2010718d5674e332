package dev.isobar.cli.print;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Text for people")
class PrintTest {
    private static final Terminal LIVE = new Terminal(true, false, true, 100);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final AtomicLong clock = new AtomicLong();

    @Test
    @DisplayName("a terminal shows one line a step, redrawn in place, with share, rate and remaining time")
    void live_progress() {
        Progress progress = new Progress(out, LIVE, clock::get);
        progress.stepStarted("ingest");
        seconds(1);
        progress.progress("ingest", "rows", 0, 1_000);
        seconds(1);
        progress.progress("ingest", "rows", 250, 1_000);
        progress.stepEnded("ingest", "SUCCEEDED", 3.1, "");
        assertThat(text()).contains(" 25 %", "250 rows", "250/s", "3.0 s left").contains("\r");
        assertThat(text().substring(text().lastIndexOf('\r'))).contains("✓ ingest", "250 rows", "3.1 s\n");
    }

    @Test
    @DisplayName("a file gets a line when a step starts and ends, and at most one in five seconds between")
    void plain_progress() {
        Progress progress = new Progress(out, Terminal.PLAIN, clock::get);
        progress.stepStarted("ingest");
        for (int i = 1; i <= 120; i++) { // twelve seconds
            clock.addAndGet(100_000_000L);
            progress.progress("ingest", "rows", i, 120);
        }
        progress.stepEnded("ingest", "SUCCEEDED", 12, "");
        assertThat(text().lines()).hasSize(4);
        assertThat(text()).doesNotContain("\r", "\u001b").isASCII();
    }

    @Test
    @DisplayName("colour is for terminals that want it, and ASCII for those that cannot do more")
    void terminal() {
        Map<String, String> utf8 = Map.of("LANG", "en_GB.UTF-8");
        assertThat(Terminal.of(true, utf8::get, 80)).isEqualTo(new Terminal(true, true, true, 80));
        assertThat(Terminal.of(false, utf8::get, 80).colour()).isFalse();
        assertThat(Terminal.of(true, Map.of("NO_COLOR", "1", "LC_ALL", "C", "LANG", "en_GB.UTF-8")::get, 80))
                .isEqualTo(new Terminal(true, false, false, 80));
        assertThat(Terminal.of(true, Map.of("TERM", "dumb")::get, 80).live()).isFalse();
    }

    @Test
    @DisplayName("numbers stand to the right and text to the left")
    void table() {
        String text = new Table(Terminal.PLAIN, "name", "rows")
                .row("a", "1")
                .row("long name", "1,000")
                .text();
        assertThat(text).isEqualTo("""
                        name        rows
                        a              1
                        long name  1,000
                        """);
    }

    @Test
    @DisplayName("durations read like a person says them")
    void durations() {
        assertThat(Numbers.duration(0.44)).isEqualTo("0.4 s");
        assertThat(Numbers.duration(12)).isEqualTo("12 s");
        assertThat(Numbers.duration(185)).isEqualTo("3 min 05 s");
        assertThat(Numbers.duration(7_800)).isEqualTo("2 h 10 min");
    }

    private void seconds(long s) {
        clock.addAndGet(s * 1_000_000_000L);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
