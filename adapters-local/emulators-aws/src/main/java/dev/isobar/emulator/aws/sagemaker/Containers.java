package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.serving.Hosting;
import java.net.http.HttpClient;
import java.util.concurrent.ExecutorService;

/** What a model container needs to be started and asked. Thread safe. */
record Containers(Host host, Hosting hosting) implements AutoCloseable {
    /** Below the emulator's home. */
    static final String FOLDER = "serving";

    static Containers on(Host host) {
        return new Containers(host, Hosting.in(host.settings().home().resolve(FOLDER)));
    }

    HttpClient http() {
        return hosting.http();
    }

    ExecutorService threads() {
        return hosting.threads();
    }

    @Override
    public void close() {
        hosting.close();
    }
}
