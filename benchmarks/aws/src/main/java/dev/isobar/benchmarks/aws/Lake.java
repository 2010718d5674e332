package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/** The lake: large files through the transfer manager one after the other, small objects by four threads that wait for their answers. */
final class Lake {
    private static final String ROOT = "isobar/lake/";
    private static final String LARGE = "bench/file";
    private static final String SMALL = "bench/object-";
    private static final int FILES = 2;
    private static final int OBJECTS = 1_000;
    private static final int THREADS = 4;

    private Lake() {}

    private interface Work {
        void run() throws Exception;
    }

    private interface One {
        void run(int number) throws Exception;
    }

    private static Side side(String name, Work work, Path result) {
        return new Side() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String pass(boolean judged) throws Exception {
                work.run();
                return judged && Files.exists(result) ? digest(result) : "";
            }
        };
    }

    private static String digest(Path file) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(Files.readAllBytes(file));
        return Files.size(file) + " bytes, " + Long.toHexString(crc.getValue());
    }

    /** Files of 64 MiB, up and down. */
    static void files(Other other, JsonLine into, int passes, double seconds) throws Exception {
        Path folder = Files.createTempDirectory("lake");
        Path source = folder.resolve("source");
        try (OutputStream out = Files.newOutputStream(source)) {
            for (int part = 1; part <= Content.PARTS; part++) {
                out.write(Content.part(part));
            }
        }
        Path target = folder.resolve("target");
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                S3AsyncClient client = Clients.s3(other.uri(), true);
                S3TransferManager transfers =
                        S3TransferManager.builder().s3Client(client).build()) {
            ObjectStore store = session.objectStore();
            double bytes = (double) FILES * Content.FILE;
            new Interleaved(
                            other,
                            side("isobar", () -> files(i -> store.putFile(LARGE, source, Precondition.none())), target),
                            side(
                                    "sdk",
                                    () -> files(i -> transfers
                                            .uploadFile(u -> u.source(source)
                                                    .putObjectRequest(p -> p.bucket(Clients.BUCKET)
                                                            .key(ROOT + LARGE)))
                                            .completionFuture()
                                            .join()),
                                    target))
                    .measure("put_", into, bytes, passes, seconds / 2);
            new Interleaved(
                            other,
                            side("isobar", () -> files(i -> store.getFile(LARGE, target)), target),
                            side(
                                    "sdk",
                                    () -> files(i -> transfers
                                            .downloadFile(d -> d.destination(target)
                                                    .getObjectRequest(g -> g.bucket(Clients.BUCKET)
                                                            .key(ROOT + LARGE)))
                                            .completionFuture()
                                            .join()),
                                    target))
                    .measure("get_", into, bytes, passes, seconds / 2);
        } finally {
            Files.deleteIfExists(source);
            Files.deleteIfExists(target);
            Files.deleteIfExists(folder);
        }
    }

    private static void files(One one) throws Exception {
        for (int i = 0; i < FILES; i++) {
            one.run(i);
        }
    }

    /** Objects of 10 KiB, up and down. */
    static void objects(Other other, JsonLine into, int passes, double seconds) throws Exception {
        byte[] content = Content.object();
        byte[][] back = new byte[OBJECTS][];
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        Path none = Path.of("there-is-no-such-file");
        try (AdapterSession session = Clients.isobar(other.uri(), false);
                S3AsyncClient client = Clients.s3(other.uri(), false)) {
            ObjectStore store = session.objectStore();
            new Interleaved(
                            other,
                            side(
                                    "isobar",
                                    () -> all(threads, i -> store.put(SMALL + i, content, Precondition.none())),
                                    none),
                            side(
                                    "sdk",
                                    () -> all(
                                            threads,
                                            i -> client.putObject(
                                                            p -> p.bucket(Clients.BUCKET)
                                                                    .key(ROOT + SMALL + i),
                                                            AsyncRequestBody.fromBytesUnsafe(content))
                                                    .join()),
                                    none))
                    .measure("put_", into, OBJECTS, passes, seconds / 2);
            new Interleaved(
                            other,
                            objects(
                                    "isobar",
                                    threads,
                                    back,
                                    i -> store.get(SMALL + i).orElseThrow().content()),
                            objects(
                                    "sdk",
                                    threads,
                                    back,
                                    i -> client.getObject(
                                                    g -> g.bucket(Clients.BUCKET)
                                                            .key(ROOT + SMALL + i),
                                                    AsyncResponseTransformer.toBytes())
                                            .join()
                                            .asByteArrayUnsafe()))
                    .measure("get_", into, OBJECTS, passes, seconds / 2);
        } finally {
            threads.shutdown();
        }
    }

    private interface Get {
        byte[] get(int number) throws Exception;
    }

    private static Side objects(String name, ExecutorService threads, byte[][] back, Get get) {
        return new Side() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String pass(boolean judged) throws Exception {
                all(threads, i -> back[i] = get.get(i));
                return judged ? back.length + " objects, " + Integer.toHexString(Arrays.deepHashCode(back)) : "";
            }
        };
    }

    private static void all(ExecutorService threads, One one) throws Exception {
        List<Future<?>> working = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int first = t;
            working.add(threads.submit(() -> {
                for (int i = first; i < OBJECTS; i += THREADS) {
                    one.run(i);
                }
                return null;
            }));
        }
        for (Future<?> future : working) {
            future.get();
        }
    }
}
