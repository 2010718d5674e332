package dev.isobar.benchmarks.layer;

import dev.isobar.benchmarks.workload.JsonLine;
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

/** What is measured of a lake: large files one after the other, small objects by four threads that wait for their answers. */
public final class Objects {
    /** Key of the large file. */
    public static final String LARGE = "bench/file";

    private static final String SMALL = "bench/object-";
    private static final int FILES = 2;
    private static final int OBJECTS = 1_000;
    private static final int THREADS = 4;

    private Objects() {}

    /** One way to a lake. */
    public interface Lake {
        /** Stores {@link #LARGE}. */
        void putFile(Path source) throws Exception;

        /** Brings it. */
        void getFile(Path target) throws Exception;

        /** Stores a small object. */
        void put(String key, byte[] content) throws Exception;

        /** Brings one. */
        byte[] get(String key) throws Exception;
    }

    private interface One {
        void run(int number) throws Exception;
    }

    /** Files of 64 MiB, up and down. */
    public static void files(Other other, JsonLine into, int passes, double seconds, Lake ours, Lake loop)
            throws Exception {
        Path folder = Files.createTempDirectory("lake");
        Path source = folder.resolve("source");
        Path target = folder.resolve("target");
        double bytes = (double) FILES * Content.FILE;
        try {
            try (OutputStream out = Files.newOutputStream(source)) {
                for (int part = 1; part <= Content.PARTS; part++) {
                    out.write(Content.part(part));
                }
            }
            new Interleaved(
                            other,
                            files("isobar", i -> ours.putFile(source), target),
                            files("sdk", i -> loop.putFile(source), target))
                    .measure("put_", into, bytes, passes, seconds / 2);
            new Interleaved(
                            other,
                            files("isobar", i -> ours.getFile(target), target),
                            files("sdk", i -> loop.getFile(target), target))
                    .measure("get_", into, bytes, passes, seconds / 2);
        } finally {
            Files.deleteIfExists(source);
            Files.deleteIfExists(target);
            Files.deleteIfExists(folder);
        }
    }

    private static Side files(String name, One one, Path result) {
        return new Side() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String pass(boolean judged) throws Exception {
                for (int i = 0; i < FILES; i++) {
                    one.run(i);
                }
                return judged && Files.exists(result) ? digest(result) : "";
            }
        };
    }

    private static String digest(Path file) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(Files.readAllBytes(file));
        return Files.size(file) + " bytes, " + Long.toHexString(crc.getValue());
    }

    /** Objects of 10 KiB, up and down. */
    public static void objects(Other other, JsonLine into, int passes, double seconds, Lake ours, Lake loop)
            throws Exception {
        byte[] content = Content.object();
        byte[][] back = new byte[OBJECTS][];
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            new Interleaved(
                            other,
                            objects("isobar", threads, i -> ours.put(SMALL + i, content), new byte[0][]),
                            objects("sdk", threads, i -> loop.put(SMALL + i, content), new byte[0][]))
                    .measure("put_", into, OBJECTS, passes, seconds / 2);
            new Interleaved(
                            other,
                            objects("isobar", threads, i -> back[i] = ours.get(SMALL + i), back),
                            objects("sdk", threads, i -> back[i] = loop.get(SMALL + i), back))
                    .measure("get_", into, OBJECTS, passes, seconds / 2);
        } finally {
            threads.shutdown();
        }
    }

    private static Side objects(String name, ExecutorService threads, One one, byte[][] back) {
        return new Side() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String pass(boolean judged) throws Exception {
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
                return judged ? back.length + " objects, " + Integer.toHexString(Arrays.deepHashCode(back)) : "";
            }
        };
    }
}
