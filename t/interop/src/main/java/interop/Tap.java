package interop;

import java.util.Objects;

/** Results as lines of the Test Anything Protocol. */
final class Tap {

    /** What a check does; it may throw anything. */
    interface Step {
        void run() throws Exception;
    }

    private int count;
    private String client = "";

    void client(String name) {
        client = name;
    }

    void ok(boolean condition, String name) {
        count++;
        System.out.printf("%s %d - %s: %s%n", condition ? "ok" : "not ok", count,
                          client, name);
    }

    void is(Object got, Object expected, String name) {
        ok(Objects.equals(got, expected), name);
        if (!Objects.equals(got, expected)) {
            System.out.printf("# got %s, expected %s%n", got, expected);
        }
    }

    /** Runs checks that belong together; an exception is one that failed. */
    void part(String name, Step step) {
        try {
            step.run();
        } catch (Exception | LinkageError e) {
            ok(false, name + " ends with " + e);
            for (StackTraceElement at : e.getStackTrace()) {
                if (at.getClassName().startsWith("interop.")) {
                    System.out.println("#   at " + at);
                }
            }
        }
    }

    void done() {
        System.out.printf("1..%d%n", count);
    }
}
