package dev.isobar.aws;

import dev.isobar.capability.CapabilityReport;
import dev.isobar.config.Configuration;
import dev.isobar.conformance.PortSuite;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The AWS adapter with these settings; every session is a fresh one, as another process would have it. */
public record AwsPlatform(Map<String, String> settings) implements PortSuite.Platform {
    /** An identity that emulators accept, and these settings. */
    public AwsPlatform {
        Map<String, String> all = new HashMap<>(Map.of(
                "region",
                "us-east-1",
                "bucket",
                "lake",
                "credentials.access-key-id",
                "test",
                "credentials.secret-access-key",
                "test"));
        all.putAll(settings);
        settings = Map.copyOf(all);
    }

    @Override
    public AdapterSession open() {
        AwsAdapter adapter = new AwsAdapter();
        return adapter.open(new AdapterContext(
                "aws", Configuration.of("", adapter.configuration(), settings), Path.of("target", "aws-home")));
    }

    @Override
    public CapabilityReport capabilities() {
        return new AwsAdapter().capabilities();
    }
}
