package dev.isobar.gcp;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.Configuration;
import dev.isobar.conformance.PortSuite;
import dev.isobar.emulator.gcp.storage.StorageService;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The Google Cloud adapter with some settings beside a project, a location and a bucket that are always there. */
record GcpPlatform(Map<String, String> settings, String against) implements PortSuite.Platform {
    static final String PROJECT = "isobar-test";
    static final String LOCATION = "europe-west3";
    static final String BUCKET = "isobar-test-lake";

    /** On our own emulators. */
    GcpPlatform(Map<String, String> settings) {
        this(settings, "Isobar's emulator");
    }

    /** An emulated Cloud Storage with the bucket, to be served. */
    static StorageService lake(Path home) throws IOException {
        StorageService objects = new StorageService(home.resolve("storage"));
        objects.makeBucket(BUCKET, PROJECT, LOCATION);
        return objects;
    }

    @Override
    public AdapterSession open() {
        GcpAdapter adapter = new GcpAdapter();
        Map<String, String> all =
                new HashMap<>(Map.of("project", PROJECT, "location", LOCATION, "bucket", BUCKET, "retry.total", "5s"));
        all.putAll(settings);
        return adapter.open(new AdapterContext(
                "gcp", Configuration.of("", adapter.configuration(), all), Path.of("target", "tmp")));
    }

    @Override
    public CapabilityReport capabilities() {
        return new GcpAdapter().capabilities();
    }
}
