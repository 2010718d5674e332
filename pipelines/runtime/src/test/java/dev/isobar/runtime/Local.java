package dev.isobar.runtime;

import dev.isobar.capability.Port;
import dev.isobar.config.Configuration;
import dev.isobar.local.LocalAdapter;
import dev.isobar.spi.AdapterContext;
import dev.isobar.spi.AdapterSession;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Predicate;

/** The local adapter, for tests that want real ports below them. */
public final class Local {
    private static final LocalAdapter ADAPTER = new LocalAdapter();

    private Local() {}

    /** A session on a folder; close it. */
    public static AdapterSession open(Path home) {
        return ADAPTER.open(new AdapterContext("local", Configuration.of("", ADAPTER.configuration(), Map.of()), home));
    }

    /** A target of that session that binds only some of its ports. */
    public static Target target(AdapterSession session, Predicate<Port> bound) {
        Map<Port, Target.Binding> bindings = new EnumMap<>(Port.class);
        for (Port port : Port.values()) {
            if (ADAPTER.capabilities().implementsPort(port) && bound.test(port)) {
                bindings.put(port, new Target.Binding("local", ADAPTER.capabilities(), session));
            }
        }
        return new Target("local", bindings);
    }
}
