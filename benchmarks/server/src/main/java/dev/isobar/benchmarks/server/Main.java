package dev.isobar.benchmarks.server;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** {@code prepare FOLDER}, {@code predict FOLDER}, {@code serve NAME PORT FOLDER} or {@code load FOLDER PORT …}. Our own server is started by its own main class. */
public final class Main {
    private Main() {}

    /** Entry point. */
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "prepare" -> Scene.prepare(Path.of(args[1]));
            case "predict" -> System.out.println(Predict.run(Path.of(args[1])));
            case "serve" -> Peers.serve(args[1], Integer.parseInt(args[2]), Path.of(args[3]));
            case "load" -> System.out.println(Load.run(List.of(args).subList(1, args.length)));
            default -> throw new IllegalArgumentException("unknown: " + Arrays.toString(args));
        }
    }
}
