package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.ObjectStore.StoredObject;
import dev.isobar.port.Precondition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The specification of {@link ObjectStore}: whole objects, compare-and-set.
 *
 * @since 0.1
 */
@DisplayName("An object store")
public abstract class ObjectStoreSuite extends PortSuite {
    /** For subclasses. */
    protected ObjectStoreSuite() {
        super(Port.OBJECT_STORE);
    }

    private ObjectStore port() {
        return open().objectStore();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Content. */
    @Nested
    @DisplayName("keeps content")
    class Content {
        @Test
        @DisplayName("byte for byte, also none at all, with its length and version")
        void roundTrip() {
            ObjectStore port = port();
            byte[] all = new byte[70_000];
            for (int i = 0; i < all.length; i++) {
                all[i] = (byte) (i * 31);
            }
            for (byte[] content : List.of(new byte[0], all)) {
                String key = fresh("dir/object");
                ObjectInfo info = port.put(key, content, Precondition.none());
                assertThat(info.bytes()).isEqualTo(content.length);
                StoredObject stored = port().get(key).orElseThrow();
                assertThat(stored.content()).isEqualTo(content);
                assertThat(stored.info()).isEqualTo(info);
                assertThat(port.head(key)).contains(info);
            }
        }

        @Test
        @DisplayName("from a file and back to a file, through directories that do not exist yet")
        void files(@TempDir Path folder) throws Exception {
            ObjectStore port = port();
            String key = fresh("file");
            Path source = Files.write(folder.resolve("in"), bytes("content"));
            ObjectInfo info = port.putFile(key, source, Precondition.absent());
            Path target = folder.resolve("a/b/out");
            assertThat(port.getFile(key, target)).isEqualTo(info);
            assertThat(target).hasContent("content");
            String empty = fresh("file");
            ObjectInfo nothing = port.putFile(empty, Files.createFile(folder.resolve("empty")), Precondition.absent());
            assertThat(port.getFile(empty, folder.resolve("nothing"))).isEqualTo(nothing);
            assertThat(folder.resolve("nothing")).isEmptyFile();
            fails(ErrorCode.NOT_FOUND, () -> port.getFile(fresh("missing"), folder.resolve("c/out")));
            assertThat(folder.resolve("c/out")).doesNotExist();
        }

        @Test
        @DisplayName(
                "of any size: large content goes up and down unharmed, and its preconditions hold as those of small content do")
        void large(@TempDir Path folder) throws Exception {
            ObjectStore port = port();
            String key = fresh("large");
            byte[] content = new byte[21_000_001];
            new java.util.Random(7).nextBytes(content);
            Path source = Files.write(folder.resolve("in"), content);
            ObjectInfo info = port.putFile(key, source, Precondition.absent());
            assertThat(info.bytes()).isEqualTo(content.length);
            assertThat(port.head(key)).contains(info);
            fails(ErrorCode.ALREADY_EXISTS, () -> port.putFile(key, source, Precondition.absent()));
            fails(ErrorCode.ALREADY_EXISTS, () -> port.put(key, content, Precondition.absent()));
            assertThat(port.getFile(key, folder.resolve("out"))).isEqualTo(info);
            assertThat(Files.mismatch(source, folder.resolve("out"))).isEqualTo(-1);
            assertThat(java.util.Arrays.equals(port.get(key).orElseThrow().content(), content))
                    .isTrue();
            content[content.length - 1]++;
            ObjectInfo changed = port.put(key, content, Precondition.version(info.version()));
            assertThat(changed.version()).isNotEqualTo(info.version());
            fails(ErrorCode.CONFLICT, () -> port.putFile(key, source, Precondition.version(info.version())));
            assertThat(port.head(key)).contains(changed);
        }

        @Test
        @DisplayName("or says that there is none")
        void missing() {
            ObjectStore port = port();
            assertThat(port.get(fresh("x"))).isEmpty();
            assertThat(port.head(fresh("x/y"))).isEmpty();
            assertThat(port.delete(fresh("x"), Precondition.none())).isFalse();
        }

        @Test
        @DisplayName("under a key that fits; anything else is an invalid argument")
        void keys() {
            ObjectStore port = port();
            port.put(fresh("Az09._=@-/x"), bytes("1"), Precondition.none());
            for (String key : List.of(
                    "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a b", "\u00e9", "a~b", "x".repeat(901))) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.put(key, bytes("1"), Precondition.none()));
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.get(key));
            }
        }
    }

    /** Compare-and-set. */
    @Nested
    @DisplayName("writes under a precondition")
    class Preconditions {
        @Test
        @DisplayName("absent: once")
        void absent() {
            ObjectStore port = port();
            String key = fresh("k");
            port.put(key, bytes("1"), Precondition.absent());
            fails(ErrorCode.ALREADY_EXISTS, () -> port.put(key, bytes("2"), Precondition.absent()));
            assertThat(port.get(key).orElseThrow().content()).isEqualTo(bytes("1"));
        }

        @Test
        @DisplayName("version: only over that version; a conflict otherwise, also when nothing is there")
        void version() {
            ObjectStore port = port();
            String key = fresh("k");
            ObjectInfo first = port.put(key, bytes("1"), Precondition.none());
            ObjectInfo second = port.put(key, bytes("2"), Precondition.version(first.version()));
            assertThat(second.version()).isNotEqualTo(first.version());
            fails(ErrorCode.CONFLICT, () -> port.put(key, bytes("3"), Precondition.version(first.version())));
            fails(ErrorCode.CONFLICT, () -> port.put(fresh("k"), bytes("3"), Precondition.version(first.version())));
            assertThat(port.get(key).orElseThrow().content()).isEqualTo(bytes("2"));
        }

        @Test
        @DisplayName("a version never stands for two contents, also after removal: no A-B-A")
        void aba() {
            ObjectStore port = port();
            String key = fresh("k");
            Set<String> versions = new HashSet<>();
            for (int i = 0; i < 15; i++) {
                String now = "content " + i;
                assertThat(versions.add(
                                port.put(key, bytes(now), Precondition.none()).version()))
                        .isTrue();
                for (String old : versions) {
                    if (!old.equals(port.head(key).orElseThrow().version())) {
                        fails(ErrorCode.CONFLICT, () -> port.put(key, bytes("stale"), Precondition.version(old)));
                    }
                }
                assertThat(port.get(key).orElseThrow().content()).isEqualTo(bytes(now));
                if (i % 3 == 0) {
                    assertThat(port.delete(key, Precondition.none())).isTrue();
                    String gone = List.copyOf(versions).get(0);
                    fails(ErrorCode.CONFLICT, () -> port.put(key, bytes("stale"), Precondition.version(gone)));
                }
            }
        }

        @Test
        @DisplayName("and removes under one too")
        void delete() {
            ObjectStore port = port();
            String key = fresh("k");
            ObjectInfo first = port.put(key, bytes("1"), Precondition.none());
            ObjectInfo second = port.put(key, bytes("2"), Precondition.none());
            fails(ErrorCode.CONFLICT, () -> port.delete(key, Precondition.version(first.version())));
            assertThat(port.delete(key, Precondition.version(second.version()))).isTrue();
            assertThat(port.head(key)).isEmpty();
            fails(ErrorCode.CONFLICT, () -> port.delete(key, Precondition.version(second.version())));
        }

        @Test
        @DisplayName("of many who create one key at once exactly one wins")
        void oneWins() throws Exception {
            String key = fresh("race");
            List<String> winners = new ArrayList<>();
            for (@Nullable
            String winner : together(8, i -> () -> {
                try {
                    port().put(key, bytes("w" + i), Precondition.absent());
                    return "w" + i;
                } catch (IsobarException e) {
                    assertThat(e.code()).isEqualTo(ErrorCode.ALREADY_EXISTS);
                    return null;
                }
            })) {
                if (winner != null) {
                    winners.add(winner);
                }
            }
            assertThat(winners).hasSize(1);
            assertThat(port().get(key).orElseThrow().content()).isEqualTo(bytes(winners.get(0)));
        }

        @Test
        @DisplayName("a counter that many raise by compare-and-set loses no step")
        void counter() throws Exception {
            String key = fresh("counter");
            port().put(key, bytes("0"), Precondition.absent());
            together(3, i -> () -> {
                ObjectStore port = port();
                for (int done = 0; done < 10; ) {
                    StoredObject now = port.get(key).orElseThrow();
                    int value = Integer.parseInt(new String(now.content(), StandardCharsets.UTF_8));
                    try {
                        port.put(
                                key,
                                bytes(Integer.toString(value + 1)),
                                Precondition.version(now.info().version()));
                        done++;
                    } catch (IsobarException e) {
                        assertThat(e.code()).isEqualTo(ErrorCode.CONFLICT);
                    }
                }
                return "";
            });
            assertThat(port().get(key).orElseThrow().content()).isEqualTo(bytes("30"));
        }

        private List<@Nullable String> together(
                int threads, java.util.function.IntFunction<Callable<@Nullable String>> work) throws Exception {
            ExecutorService pool = Executors.newFixedThreadPool(threads);
            try {
                List<Future<@Nullable String>> running = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    running.add(pool.submit(work.apply(i)));
                }
                List<@Nullable String> results = new ArrayList<>();
                for (Future<@Nullable String> each : running) {
                    results.add(each.get());
                }
                return results;
            } finally {
                pool.shutdownNow();
            }
        }
    }

    /** Listing. */
    @Nested
    @DisplayName("lists objects")
    class Listing {
        @Test
        @DisplayName("by the bytes of their whole keys, page by page, whatever the page's size")
        void pages() {
            ObjectStore port = port();
            String root = fresh("l");
            List<String> keys = new ArrayList<>();
            for (String name :
                    List.of("a-b", "a/b", "a/c/d", "a.b", "a0", "b", "B", "a/c-d", "aa/x", "a=1/z", "c/1/2/3")) {
                keys.add(root + "/" + name);
                port.put(root + "/" + name, bytes(name), Precondition.none());
            }
            keys.sort(null);
            for (int page = 1; page <= keys.size() + 1; page++) {
                List<String> found = new ArrayList<>();
                String after = null;
                List<ObjectInfo> some;
                do {
                    some = port.list(root + "/", after, page);
                    assertThat(some.size()).isLessThanOrEqualTo(page);
                    some.forEach(o -> found.add(o.key()));
                    after = found.get(found.size() - 1);
                } while (some.size() == page && found.size() <= keys.size());
                assertThat(found).isEqualTo(keys);
            }
        }

        @Test
        @DisplayName("by any prefix, not only whole segments, and behind any text")
        void prefixes() {
            ObjectStore port = port();
            String root = fresh("l");
            for (String name : List.of("ab/1", "ab/2", "abc/1", "b")) {
                port.put(root + "/" + name, bytes(name), Precondition.none());
            }
            assertThat(port.list(root + "/ab", null, 10))
                    .extracting(ObjectInfo::key)
                    .containsExactly(root + "/ab/1", root + "/ab/2", root + "/abc/1");
            assertThat(port.list(root + "/ab/", root + "/ab/1", 10))
                    .extracting(ObjectInfo::key)
                    .containsExactly(root + "/ab/2");
            assertThat(port.list(root + "/ab", root + "/ab/10", 10))
                    .extracting(ObjectInfo::key)
                    .containsExactly(root + "/ab/2", root + "/abc/1");
            assertThat(port.list(fresh("nothing"), null, 10)).isEmpty();
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.list(root, null, 0));
            fails(ErrorCode.INVALID_ARGUMENT, () -> port.list(root, null, 10_001));
            for (String prefix : List.of("/a", "a//b", "a b", "\u00e9")) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.list(prefix, null, 10));
            }
        }
    }

    /** Concurrent reading. */
    @Nested
    @DisplayName("shows an object whole or not at all")
    class Whole {
        @Test
        @DisplayName("to a reader while a writer replaces it, and version and content belong together")
        void torn() throws Exception {
            String key = fresh("whole");
            ObjectStore writer = port();
            ObjectStore reader = port();
            java.util.Map<String, Byte> written = new java.util.concurrent.ConcurrentHashMap<>();
            java.util.function.IntConsumer write = i -> {
                byte[] content = new byte[50_000 + i];
                java.util.Arrays.fill(content, (byte) i);
                written.put(writer.put(key, content, Precondition.none()).version(), (byte) i);
            };
            write.accept(0);
            ExecutorService pool = Executors.newSingleThreadExecutor();
            try {
                List<StoredObject> seen = new ArrayList<>();
                Future<?> writing = pool.submit(() -> {
                    for (int i = 1; i < 25; i++) {
                        write.accept(i);
                    }
                });
                do {
                    seen.add(reader.get(key).orElseThrow());
                } while (!writing.isDone());
                writing.get();
                for (StoredObject each : seen) {
                    byte fill = each.content()[0];
                    assertThat(each.content()).containsOnly(fill).hasSize(50_000 + fill);
                    assertThat(written.get(each.info().version())).isEqualTo(fill);
                }
            } finally {
                pool.shutdownNow();
            }
        }
    }
}
