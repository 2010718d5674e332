package dev.isobar.local.online;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.local.file.LocalHome;
import dev.isobar.port.OnlineStore.StatePut;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The online store on disk")
class TornStateTest {
    @TempDir
    Path folder;

    private LocalOnlineStore open() {
        return new LocalOnlineStore(new LocalHome("local", folder));
    }

    @Test
    @DisplayName("has all of a putAll or none, wherever its writer died")
    void torn() throws Exception {
        Path file = folder.resolve("online/n/state-0000000001.log");
        int before;
        try (LocalOnlineStore store = open()) {
            long token = store.acquire("n", "o");
            store.putAll("n", token, List.of(put("a", 0, "1"), put("b", 0, "1")));
            before = (int) Files.size(file);
            store.putAll("n", token, List.of(put("a", 1, "2"), put("b", 1, "2"), put("c", 0, "2")));
        }
        byte[] whole = Files.readAllBytes(file);
        for (int length = before; length <= whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            int expected = length == whole.length ? 2 : 1;
            try (LocalOnlineStore reader = open();
                    LocalOnlineStore writer = open()) {
                assertThat(reader.get("n", "a").orElseThrow().version())
                        .as("cut at " + length)
                        .isEqualTo(expected);
                assertThat(reader.get("n", "b").orElseThrow().version()).isEqualTo(expected);
                assertThat(reader.get("n", "c").isPresent()).isEqualTo(expected == 2);
                long token = writer.acquire("n", "next");
                assertThat(writer.putAll("n", token, List.of(put("a", expected, "3"))))
                        .containsExactly(expected + 1L);
                assertThat(reader.get("n", "a").orElseThrow().bytes()).isEqualTo(new byte[] {'3'});
            }
        }
    }

    @Test
    @DisplayName("goes on after a writer died between putting a new generation in place and ending the old one")
    void twoGenerations() throws Exception {
        Path first = folder.resolve("online/n/state-0000000001.log");
        try (LocalOnlineStore store = open();
                LocalOnlineStore reader = open()) {
            long token = store.acquire("n", "o");
            store.putAll("n", token, List.of(put("a", 0, "kept"), put("b", 0, "secret")));
            byte[] old = Files.readAllBytes(first);
            assertThat(reader.get("n", "a")).isPresent();
            store.erase("n", "b");
            assertThat(reader.get("n", "b")).isEmpty();
            Files.write(first, old);
        }
        try (LocalOnlineStore store = open()) {
            assertThat(store.keys("n", null, 9)).containsExactly("a");
            long token = store.acquire("n", "o");
            store.putAll("n", token, List.of(put("a", 1, "new")));
            assertThat(first).doesNotExist();
        }
    }

    @Test
    @DisplayName("holds no byte of an erased state")
    void erased() throws Exception {
        try (LocalOnlineStore store = open()) {
            long token = store.acquire("n", "o");
            store.putAll("n", token, List.of(put("someone", 0, "very secret"), put("other", 0, "x")));
            store.erase("n", "someone");
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain("very secret")
                        .doesNotContain("someone");
            }
        }
    }

    private static StatePut put(String key, long expected, String content) {
        return new StatePut(key, expected, content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    @DisplayName("has a namespace for a resource")
    void resources() {
        try (LocalOnlineStore store = open()) {
            store.acquire("n", "o");
            assertThat(store.resources()).singleElement().satisfies(r -> {
                assertThat(r.kind()).isEqualTo("namespace");
                assertThat(r.name()).isEqualTo("n");
                assertThat(r.details()).isEqualTo(Map.of());
            });
        }
    }
}
