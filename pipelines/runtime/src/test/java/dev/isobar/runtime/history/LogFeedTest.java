package dev.isobar.runtime.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.event.Event;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.runtime.Local;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Events from a log of several partitions")
class LogFeedTest {
    private static final Schema SCHEMA = Schema.of(Field.required("n", FieldType.INT64));
    private static final int PARTITIONS = 4;
    private static final int EVENTS = 12_000;

    @TempDir
    Path home;

    private AdapterSession session;
    private EventStream log;
    private List<Event> written;

    @BeforeEach
    void write() {
        session = Local.open(home);
        log = session.eventStream();
        log.create("s", PARTITIONS);
        long seed = System.nanoTime();
        System.out.println("LogFeedTest seed " + seed);
        Random random = new Random(seed);
        RowCodec codec = new RowCodec(SCHEMA);
        written = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            // Keys of very different weight: one partition runs dry long before another.
            String key = "k" + (int) Math.abs(random.nextGaussian() * 3);
            byte[] payload = codec.encode(new Row(SCHEMA).setWord(0, i));
            long at = random.nextInt(EVENTS / 3);
            written.add(Event.insert("e" + i, key, at, at, "s/1", payload));
        }
        written.sort(Comparator.comparingLong(Event::availableTime));
        log.append(new AppendRequest("s", "writer", 0, written));
    }

    @AfterEach
    void close() {
        session.close();
    }

    @Test
    @DisplayName("come in the order in which they became known, each once")
    void order() {
        try (LogFeed feed = open("a")) {
            List<Recorded> read = take(feed, Integer.MAX_VALUE);
            assertThat(read).hasSize(EVENTS);
            assertThat(read).extracting(Recorded::availableTime).isSorted();
            Set<String> ids = new HashSet<>();
            read.forEach(r -> ids.add(r.id()));
            assertThat(ids).hasSize(EVENTS);
            for (Recorded r : read) {
                assertThat("e" + r.row().word(0)).isEqualTo(r.id());
            }
        }
    }

    @Test
    @DisplayName(
            "go on behind the last commit: what was taken and not committed comes again, what was committed does not")
    void commits() {
        List<Recorded> first;
        try (LogFeed feed = open("a")) {
            first = take(feed, 5_000);
            feed.commit();
            take(feed, 1_000);
        }
        try (LogFeed feed = open("a")) {
            List<Recorded> rest = take(feed, Integer.MAX_VALUE);
            assertThat(rest).hasSize(EVENTS - 5_000);
            assertThat(rest).extracting(Recorded::availableTime).isSorted();
            Set<String> ids = new HashSet<>();
            first.forEach(r -> ids.add(r.id()));
            rest.forEach(r -> ids.add(r.id()));
            assertThat(ids).hasSize(EVENTS);
            feed.commit();
        }
        try (LogFeed feed = open("a")) {
            assertThat(feed.peek()).isNull();
        }
        try (LogFeed feed = open("b")) {
            assertThat(take(feed, Integer.MAX_VALUE)).as("another group").hasSize(EVENTS);
        }
    }

    @Test
    @DisplayName(
            "come in that order and once, also from a log that keeps order per key only and stores some events twice")
    void unordered() {
        log.create("u", PARTITIONS);
        Random random = new Random(EVENTS);
        long sequence = 0;
        for (int from = 0; from < EVENTS; from += LogFeed.APPEND) {
            List<Event> append = new ArrayList<>(written.subList(from, Math.min(EVENTS, from + LogFeed.APPEND)));
            for (int again = 0; again < 300; again++) {
                append.add(append.get(random.nextInt(append.size())));
            }
            Collections.shuffle(append, random);
            log.append(new AppendRequest("u", "writer", sequence, append));
            sequence += append.size();
        }
        List<Recorded> read = new ArrayList<>();
        while (read.size() < EVENTS) {
            int before = read.size();
            try (LogFeed feed = new LogFeed(log, "u", "g", SCHEMA, PARTITIONS)) {
                List<Recorded> now = take(feed, 6_000);
                assertThat(now).extracting(Recorded::availableTime).isSorted();
                Set<String> known = new HashSet<>();
                read.forEach(r -> known.add(r.id()));
                now.stream().filter(r -> !known.contains(r.id())).forEach(read::add);
                feed.commit();
            }
            assertThat(read).as("a restart goes on").hasSizeGreaterThan(before);
        }
        assertThat(read).hasSize(EVENTS);
    }

    @Test
    @DisplayName("are shown without being taken")
    void peeking() {
        try (LogFeed feed = open("a")) {
            Recorded shown = feed.peek();
            assertThat(feed.peek()).isSameAs(shown);
            feed.commit();
        }
        try (LogFeed feed = open("a")) {
            assertThat(take(feed, Integer.MAX_VALUE)).hasSize(EVENTS);
        }
    }

    private LogFeed open(String group) {
        return new LogFeed(log, "s", group, SCHEMA, PARTITIONS);
    }

    private static List<Recorded> take(LogFeed feed, int max) {
        List<Recorded> read = new ArrayList<>();
        for (Recorded r = feed.peek(); r != null && read.size() < max; r = feed.peek()) {
            read.add(r);
            feed.take();
        }
        return read;
    }
}
