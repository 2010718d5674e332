package dev.isobar.aws;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.Configuration;
import dev.isobar.conformance.PortSuite;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The AWS adapter with some settings beside a region, keys and a bucket that are always there. */
record AwsPlatform(Map<String, String> settings, String against) implements PortSuite.Platform {
    static final String BUCKET = "isobar-test";

    /** On our own emulators. */
    AwsPlatform(Map<String, String> settings) {
        this(settings, "Isobar's emulator");
    }

    @Override
    public AdapterSession open() {
        AwsAdapter adapter = new AwsAdapter();
        Map<String, String> all = new HashMap<>(Map.of(
                "region", "eu-central-1",
                "bucket", BUCKET,
                "credentials.access-key-id", "test",
                "credentials.secret-access-key", "test"));
        all.putAll(settings);
        return adapter.open(new AdapterContext(
                "aws", Configuration.of("", adapter.configuration(), all), Path.of("target", "tmp")));
    }

    @Override
    public CapabilityReport capabilities() {
        return new AwsAdapter().capabilities();
    }
}
