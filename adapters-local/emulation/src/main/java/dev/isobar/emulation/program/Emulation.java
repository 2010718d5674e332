package dev.isobar.emulation.program;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.emulation.process.ForeignProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The emulated services of one cloud: what runs until it is closed, and the keys of configuration that lead there. Not thread safe.
 */
public final class Emulation implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<Service> services = new ArrayList<>();
    private final Map<String, String> settings = new TreeMap<>();

    /** One line of the report. */
    private record Service(String name, String by, String endpoint, long pid) {}

    /** Starts the services of a cloud. */
    @FunctionalInterface
    public interface Opening {
        /** Adds every service, each once it answers. */
        void open(Emulation emulation) throws IOException;
    }

    private Emulation() {}

    /** Starts everything; returns when all of it answers, and leaves nothing behind if it cannot. */
    public static Emulation start(Opening opening) throws IOException {
        Emulation emulation = new Emulation();
        try {
            opening.open(emulation);
            return emulation;
        } catch (IOException | RuntimeException e) {
            emulation.close();
            throw e;
        }
    }

    /** Has something closed at the end, before what was kept earlier. */
    public <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }

    /** A process of other people's, which is ended with the rest; {@code endpoint.KEY} leads to it. */
    public void foreign(String name, ForeignProcess process, String key) {
        keep(process);
        add(new Service(name, process.name(), process.endpoint().toString(), process.pid()), key);
    }

    /** A service of ours in this process; {@code endpoint.KEY} leads to it. */
    public void own(String name, URI endpoint, String key) {
        add(
                new Service(
                        name,
                        "Isobar",
                        endpoint.toString(),
                        ProcessHandle.current().pid()),
                key);
    }

    /** Another key of configuration that this emulation wants. */
    public void setting(String key, String value) {
        settings.put(key, value);
    }

    /** Says in a file that everything answers, and where; whole or not at all. */
    public void report(Path file) throws IOException {
        ProcessHandle self = ProcessHandle.current();
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("pid", self.pid());
        report.put("started", self.info().startInstant().map(Object::toString).orElse(""));
        report.put("services", services);
        report.put("settings", settings);
        Path partial = file.resolveSibling(file.getFileName() + ".new");
        Files.write(partial, JSON.writeValueAsBytes(report));
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Ends everything, last started first. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("an emulator did not end", e);
            }
        }
    }

    private void add(Service service, String key) {
        services.add(service);
        settings.put("endpoint." + key, service.endpoint());
    }
}
