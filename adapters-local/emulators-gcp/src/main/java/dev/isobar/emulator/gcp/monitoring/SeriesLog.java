package dev.isobar.emulator.gcp.monitoring;

import com.google.api.MetricDescriptor;
import com.google.monitoring.v3.CreateTimeSeriesRequest;
import com.google.monitoring.v3.Point;
import com.google.monitoring.v3.TimeSeries;
import com.google.protobuf.util.Timestamps;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * All time series and descriptors: in memory, and in a file of records (kind, length, CRC-32C, message). What was written is handed to the operating system before a
 * call is answered. Points older than six weeks go when it is opened. Not thread safe by itself: callers hold its monitor.
 */
final class SeriesLog implements AutoCloseable {
    private static final Duration KEPT = Duration.ofDays(42);
    private static final byte SERIES = 1;
    private static final byte DESCRIPTOR = 2;
    private static final byte DESCRIPTOR_DELETED = 3;

    private final Map<SeriesId, Kept> series = new TreeMap<>();
    private final Map<String, MetricDescriptor> descriptors = new TreeMap<>();
    private final OutputStream file;

    private SeriesLog(OutputStream file) {
        this.file = file;
    }

    /**
     * A series with its points, the newest first.
     *
     * @param header without points
     */
    record Kept(TimeSeries header, Deque<Point> points) {}

    static SeriesLog open(Path folder, Clock clock) throws IOException {
        Path path = Files.createDirectories(folder).resolve("metrics.log");
        long oldest = clock.instant().minus(KEPT).toEpochMilli();
        SeriesLog read = new SeriesLog(OutputStream.nullOutputStream());
        long whole = 0;
        if (Files.exists(path)) {
            whole = read.readAll(path);
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(whole); // a record that was cut off
            }
        }
        SeriesLog log =
                new SeriesLog(Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        log.descriptors.putAll(read.descriptors);
        read.series.forEach((id, kept) -> {
            kept.points()
                    .removeIf(point -> Timestamps.toMillis(point.getInterval().getEndTime()) < oldest);
            if (!kept.points().isEmpty()) {
                log.series.put(id, kept);
            }
        });
        return log;
    }

    private long readAll(Path path) throws IOException {
        long whole = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
            while (true) {
                byte kind = in.readByte();
                int length = in.readInt();
                int crc = in.readInt();
                byte[] body = in.readNBytes(length);
                if (body.length < length || crc(body) != crc) {
                    return whole;
                }
                apply(kind, body);
                whole += 9L + length;
            }
        } catch (EOFException e) {
            return whole;
        }
    }

    private void apply(byte kind, byte[] body) throws IOException {
        switch (kind) {
            case SERIES -> {
                CreateTimeSeriesRequest written = CreateTimeSeriesRequest.parseFrom(body);
                written.getTimeSeriesList().forEach(each -> keep(written.getName(), each));
            }
            case DESCRIPTOR -> {
                MetricDescriptor descriptor = MetricDescriptor.parseFrom(body);
                descriptors.put(descriptor.getName(), descriptor);
            }
            case DESCRIPTOR_DELETED -> forget(MetricDescriptor.parseFrom(body));
            default -> throw new IOException("a record of kind " + kind + " is not from this emulator");
        }
    }

    private void keep(String project, TimeSeries written) {
        series.computeIfAbsent(
                        SeriesId.of(project, written),
                        id -> new Kept(written.toBuilder().clearPoints().build(), new ArrayDeque<>()))
                .points()
                .addFirst(written.getPoints(0));
    }

    private void forget(MetricDescriptor descriptor) {
        descriptors.remove(descriptor.getName());
        String project = descriptor.getName().substring(0, descriptor.getName().indexOf("/metricDescriptors/"));
        series.keySet().removeIf(id -> id.project().equals(project) && id.type().equals(descriptor.getType()));
    }

    /** The newest point of a series. */
    Optional<Point> newest(SeriesId id) {
        return Optional.ofNullable(series.get(id)).map(kept -> kept.points().getFirst());
    }

    /** Adds a point each. */
    void add(String project, List<TimeSeries> written) {
        if (!written.isEmpty()) {
            append(
                    SERIES,
                    CreateTimeSeriesRequest.newBuilder()
                            .setName(project)
                            .addAllTimeSeries(written)
                            .build()
                            .toByteArray());
            written.forEach(each -> keep(project, each));
        }
    }

    /** All series of a project, in order. */
    List<Kept> all(String project) {
        List<Kept> all = new ArrayList<>();
        series.forEach((id, kept) -> {
            if (id.project().equals(project)) {
                all.add(kept);
            }
        });
        return all;
    }

    Optional<MetricDescriptor> descriptor(String name) {
        return Optional.ofNullable(descriptors.get(name));
    }

    List<MetricDescriptor> descriptors(String project) {
        return descriptors.values().stream()
                .filter(each -> each.getName().startsWith(project + "/metricDescriptors/"))
                .toList();
    }

    void put(MetricDescriptor descriptor) {
        append(DESCRIPTOR, descriptor.toByteArray());
        descriptors.put(descriptor.getName(), descriptor);
    }

    void delete(MetricDescriptor descriptor) {
        append(DESCRIPTOR_DELETED, descriptor.toByteArray());
        forget(descriptor);
    }

    private void append(byte kind, byte[] body) {
        try {
            ByteArrayOutputStream record = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(record);
            out.writeByte(kind);
            out.writeInt(body.length);
            out.writeInt(crc(body));
            out.write(body);
            file.write(record.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int crc(byte[] body) {
        CRC32C crc = new CRC32C();
        crc.update(body);
        return (int) crc.getValue();
    }

    @Override
    public synchronized void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
