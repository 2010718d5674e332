package dev.isobar.local.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.EventStream.AppendRequest;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The log's recovery")
class TornWriteTest {
    @TempDir
    Path folder;

    private Path segment;
    private byte[] whole;
    private int[] frames;

    @BeforeEach
    void writeThreeBatches() throws Exception {
        segment = new Segments(home().log().resolve("s/p0000")).at(0);
        frames = new int[4];
        try (LocalEventStream stream = open()) {
            stream.create("s", 1);
            for (int batch = 0; batch < 3; batch++) {
                append(stream, batch);
                frames[batch + 1] = (int) Files.size(segment);
            }
        }
        whole = Files.readAllBytes(segment);
    }

    @Test
    @DisplayName(
            "drops a tail cut off at any byte of the last two frames, and nothing else; a retry stores what is missing once")
    void cut() throws Exception {
        for (int length = frames[1]; length < whole.length; length++) {
            Files.write(segment, Arrays.copyOf(whole, length));
            int intact = length < frames[2] ? 1 : 2;
            checkRecovery(intact, "cut at " + length);
        }
    }

    @Test
    @DisplayName("drops a last frame with any of its bytes garbled")
    void garbled() throws Exception {
        for (int at = frames[2]; at < whole.length; at++) {
            byte[] bytes = whole.clone();
            bytes[at] ^= 0x5a;
            Files.write(segment, bytes);
            checkRecovery(2, "garbled at " + at);
        }
    }

    @Test
    @DisplayName("drops zeros that a file system left behind the end")
    void zeros() throws Exception {
        for (int extra : new int[] {1, 11, 12, 13, 4096}) {
            Files.write(segment, Arrays.copyOf(whole, whole.length + extra));
            checkRecovery(3, extra + " zeros");
        }
    }

    @Test
    @DisplayName("says CORRUPT, with file and byte, for any garbled byte with a good frame behind it")
    void middle() throws Exception {
        for (int at = 0; at < frames[2]; at++) {
            byte[] bytes = whole.clone();
            bytes[at] ^= 0x5a;
            Files.write(segment, bytes);
            int frame = at < frames[1] ? 0 : frames[1];
            try (LocalEventStream stream = open()) {
                assertThatThrownBy(() -> append(stream, 3))
                        .as("append, garbled at " + at)
                        .isInstanceOfSatisfying(IsobarException.class, e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
                            assertThat(e.getMessage()).contains(segment.toString(), "byte " + frame + ":");
                        });
                assertThatThrownBy(() -> ids(stream))
                        .isInstanceOfSatisfying(
                                IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
            }
            assertThat(Files.size(segment)).isEqualTo(whole.length);
        }
    }

    @Test
    @DisplayName("is not fooled by a whole frame inside a payload")
    void frameInPayload() throws Exception {
        try (LocalEventStream stream = open()) {
            stream.append(new AppendRequest("s", "x", 0, List.of(Event.insert("x", "k", 0, 0, "s", whole))));
        }
        byte[] bytes = Files.readAllBytes(segment);
        Files.write(segment, Arrays.copyOf(bytes, bytes.length - 1));
        checkRecovery(3, "a frame in a torn payload");
    }

    private void checkRecovery(int intact, String what) {
        try (LocalEventStream reader = open();
                LocalEventStream writer = open()) {
            assertThat(ids(reader)).as(what).hasSize(intact * 3);
            int stored = 0;
            for (int batch = 0; batch < 3; batch++) {
                stored += append(writer, batch);
            }
            assertThat(stored).as(what).isEqualTo((3 - intact) * 3);
            assertThat(ids(reader)).as(what).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8");
        }
    }

    private LocalHome home() {
        return new LocalHome("local", folder);
    }

    private LocalEventStream open() {
        return new LocalEventStream(home(), false);
    }

    private static int append(LocalEventStream stream, int batch) {
        List<Event> events = new ArrayList<>();
        for (int i = batch * 3; i < batch * 3 + 3; i++) {
            events.add(Event.insert(Integer.toString(i), "k", i, i, "s", new byte[] {(byte) i, 9}));
        }
        return stream.append(new AppendRequest("s", "w", batch * 3L, events)).stored();
    }

    private static List<String> ids(LocalEventStream stream) {
        try (EventReader reader = stream.read(new ReadRequest("s", "g", new Start.Earliest()))) {
            List<String> ids = new ArrayList<>();
            List<Delivery> some;
            do {
                some = reader.poll(100, Duration.ZERO);
                some.forEach(d -> ids.add(d.event().id()));
            } while (!some.isEmpty());
            return ids;
        }
    }
}
