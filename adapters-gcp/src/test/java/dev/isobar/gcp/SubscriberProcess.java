package dev.isobar.gcp;

import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import dev.isobar.spi.AdapterSession;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A process that reads a stream for a group until it is killed. What it was shown goes into a file, durably, before it is committed: {@code + id key number} for
 * an event, {@code = id} for one whose id the file has already. It makes everything ready, and begins when it is told to.
 */
final class SubscriberProcess implements AutoCloseable {
    /** Stream and group that it reads. */
    static final String STREAM = "killed";

    static final String GROUP = "g";
    static final String NEW = "+";

    private static final int AT_ONCE = 50;
    private static final Duration WAIT = Duration.ofMillis(20);

    private final Process process;
    private final BufferedReader out;

    private SubscriberProcess(Process process) {
        this.process = process;
        this.out = process.inputReader();
    }

    /** Starts one. */
    static SubscriberProcess start(Path deeds, Map<String, String> settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                SubscriberProcess.class.getName(),
                deeds.toString()));
        settings.forEach((key, value) -> command.add(key + "=" + value));
        Path log = deeds.resolveSibling("subscribers.log");
        return new SubscriberProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
    }

    /** Lets it begin as soon as it is ready; returns then. */
    void begin() throws IOException {
        said("ready");
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    /** Waits until it says something. */
    void said(String word) throws IOException {
        while (!Objects.requireNonNull(out.readLine(), "the subscriber ended by itself; see subscribers.log")
                .equals(word)) {
            // It says each word many times.
        }
    }

    /** Lets time pass; false if it ended by itself. */
    boolean livesFor(long millis) throws InterruptedException {
        return !process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** As {@code kill -9} does. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** What subscribers have written down so far, but for a line that was not finished. */
    static List<String> deeds(Path file) throws IOException {
        String text = Files.exists(file) ? Files.readString(file) : "";
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    /** The process. */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        Map<String, String> settings = new HashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            int at = arguments[i].indexOf('=');
            settings.put(arguments[i].substring(0, at), arguments[i].substring(at + 1));
        }
        try (AdapterSession session = new GcpPlatform(settings).open()) {
            EventStream stream = session.port(EventStream.class);
            stream.describe(STREAM);
            System.out.println("ready");
            if (System.in.read() >= 0) {
                read(stream, file);
            }
        }
    }

    private static void read(EventStream stream, Path file) throws IOException {
        Set<String> known = new HashSet<>();
        long whole = 0;
        for (String line : deeds(file)) {
            known.add(line.split(" ", -1)[1]);
            whole += line.length() + 1;
        }
        try (EventReader reader = stream.read(new ReadRequest(STREAM, GROUP, new Start.Committed()));
                FileChannel deeds = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            deeds.truncate(whole).position(whole);
            while (true) {
                List<Delivery> some = reader.poll(AT_ONCE, WAIT);
                StringBuilder lines = new StringBuilder();
                Map<Integer, Delivery> last = new HashMap<>();
                for (Delivery d : some) {
                    if (known.add(d.id())) {
                        lines.append(NEW).append(' ').append(d.id()).append(' ').append(d.key());
                        lines.append(' ').append(d.eventTime()).append('\n');
                    } else {
                        lines.append("= ").append(d.id()).append('\n');
                    }
                    last.put(d.partition(), d);
                }
                deeds.write(ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8)));
                deeds.force(false);
                last.forEach((partition, d) -> stream.commit(STREAM, GROUP, partition, d.position()));
                if (some.isEmpty()) {
                    System.out.println("empty");
                }
            }
        }
    }
}
