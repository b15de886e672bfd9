namespace OrthancCloudFs.TestKit.Servers;

/// <summary>
/// A server that was started before this process, for test programs that run where the scripts of <c>tests/servers</c> do not:
/// <c>tests/scripts/run-windows-tests</c> says in the environment where it listens. Several programs may use it one after the other.
/// </summary>
internal static class RunningServer
{
    /// <summary>Port and words (keys) of a server; null when this process has to start one itself.</summary>
    /// <param name="variable">Such as <c>ORTHANC_CLOUDFS_TEST_CEPH</c>; its value is a port and words, with spaces between them.</param>
    /// <param name="words">How many words there are besides the port.</param>
    /// <exception cref="FormatException">The variable is set to something else.</exception>
    internal static (int Port, string[] Words)? Find(string variable, int words)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } value)
            return null;
        string[] all = value.Split(' ');
        return all.Length == words + 1 && int.TryParse(all[0], out int port)
            ? (port, all[1..])
            : throw new FormatException($"{variable} must be a port and {words} words");
    }

    /// <summary>A word for names of this process's own on a server that others use too.</summary>
    internal static string NewPrefix() => $"test-{Guid.NewGuid().ToString("N")[..8]}";
}
