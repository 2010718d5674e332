package dev.isobar.local.metrics;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.local.file.AtomicFiles;
import dev.isobar.local.file.FileMutex;
import dev.isobar.local.file.LocalHome;
import dev.isobar.port.Metrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * Gauges in Prometheus' text exposition format under {@code metrics/}: one file per process and session, replaced whole at each publish, and {@code
 * past.prom} with the newest points of processes that have ended. Any scraper can read them; the comment above each sample keeps its microseconds.
 * Thread safe.
 *
 * @since 0.1
 */
public final class LocalMetrics implements Metrics {
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]*");
    private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
    private static final AtomicLong SERIAL = new AtomicLong();
    private static final String PAST = "past.prom";

    private final LocalHome home;
    private final Path file;
    private final TreeMap<Series, Point> mine = new TreeMap<>();
    private boolean swept;

    /** The metrics of a home. */
    public LocalMetrics(LocalHome home) {
        this.home = home;
        this.file = home.metrics().resolve(AtomicFiles.writer() + "-" + SERIAL.incrementAndGet() + ".prom");
    }

    @Override
    public void publish(List<Point> points) {
        points.forEach(this::check);
        synchronized (this) {
            if (!swept) {
                foldThePast();
                swept = true;
            }
            boolean changed = false;
            for (Point point : points) {
                changed |= offer(mine, point);
            }
            if (changed) {
                AtomicFiles.replace(file, Exposition.write(mine).getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    @Override
    public List<Point> latest(String prefix) {
        TreeMap<Series, Point> all = new TreeMap<>();
        FileMutex.withLock(lock(), () -> {
            for (Path each : files()) {
                read(each).forEach(p -> offer(all, p));
            }
            return 0;
        });
        return all.values().stream().filter(p -> p.name().startsWith(prefix)).toList();
    }

    /** Files of ended processes become one, so that a year of runs is not a year of files. */
    private void foldThePast() {
        AtomicFiles.makeDirectories(home.metrics());
        FileMutex.withLock(lock(), () -> {
            TreeMap<Series, Point> past = new TreeMap<>();
            List<Path> gone = new ArrayList<>();
            for (Path each : files()) {
                String name = String.valueOf(each.getFileName());
                if (name.equals(PAST)) {
                    read(each).forEach(p -> offer(past, p));
                } else if (!AtomicFiles.writerLives(name)) {
                    read(each).forEach(p -> offer(past, p));
                    gone.add(each);
                }
            }
            if (!gone.isEmpty()) {
                AtomicFiles.replace(
                        home.metrics().resolve(PAST), Exposition.write(past).getBytes(StandardCharsets.UTF_8));
                gone.forEach(AtomicFiles::discard);
            }
            AtomicFiles.sweep(home.metrics());
            return 0;
        });
    }

    private List<Path> files() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(home.metrics(), "*.prom")) {
            for (Path each : files) {
                if (!AtomicFiles.isTemporary(each)) {
                    found.add(each);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }

    private static List<Point> read(Path file) throws IOException {
        return Exposition.read(file, Files.readString(file));
    }

    private static boolean offer(Map<Series, Point> all, Point point) {
        Series series = new Series(point.name(), new TreeMap<>(point.labels()));
        Point before = all.get(series);
        if (before != null && before.micros() >= point.micros()) {
            return false;
        }
        all.put(series, point);
        return true;
    }

    private void check(Point point) {
        String problem = null;
        if (!NAME.matcher(point.name()).matches()) {
            problem = "'" + point.name() + "' cannot be a metric's name";
        } else if (!Double.isFinite(point.value())) {
            problem = "The metric " + point.name() + " cannot have the value " + point.value();
        } else {
            for (String label : point.labels().keySet()) {
                if (!LABEL.matcher(label).matches()) {
                    problem = "'" + label + "' cannot be a label of the metric " + point.name();
                }
            }
        }
        if (problem != null) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, problem)
                    .adapter(home.instance())
                    .at("Metrics", "publish")
                    .resource(point.name())
                    .hint("Names are [a-z_][a-z0-9_]*, values finite. Nothing of this call was published.")
                    .build();
        }
    }

    private Path lock() {
        return home.metrics().resolve("~lock");
    }
}
