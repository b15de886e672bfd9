using System.Diagnostics;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Orthanc;

/// <summary>A stock Orthanc, Debian's own, with the given configuration. It ends with this object.</summary>
public sealed class OrthancServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private OrthancServer(Process process, int httpPort, int dicomPort)
    {
        (_process, DicomPort) = (process, dicomPort);
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
        Rest = new OrthancRest(new Uri($"http://127.0.0.1:{httpPort}/"));
    }

    /// <summary>Where it takes C-STORE.</summary>
    public int DicomPort { get; }

    /// <summary>Its REST interface.</summary>
    public OrthancRest Rest { get; }

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="configuration">The file that holds <c>HttpPort</c> and <c>DicomPort</c> as given here.</param>
    /// <param name="httpPort">Port of the REST interface.</param>
    /// <param name="dicomPort">Port for C-STORE.</param>
    /// <param name="user">The user to run as; null for the caller's own.</param>
    /// <exception cref="InvalidOperationException">It did not come up; the message has its log.</exception>
    public static async Task<OrthancServer> StartAsync(string configuration, int httpPort, int dicomPort, string? user = null)
    {
        ProcessStartInfo start = user is null
            ? ExternalProgram.StartInfo("Orthanc", [configuration])
            : ExternalProgram.StartInfo("setpriv", ["--reuid", user, "--regid", user, "--init-groups", "Orthanc", configuration]);
        var server = new OrthancServer(Process.Start(start)!, httpPort, dicomPort);
        long began = Environment.TickCount64;
        while (!await server.Rest.AnswersAsync())
        {
            if (server._process.HasExited || Environment.TickCount64 - began > StartTimeout.TotalMilliseconds)
                throw new InvalidOperationException($"Orthanc did not start: {await server.StopAsync()}");
            await Task.Delay(50);
        }

        return server;
    }

    /// <summary>Stops it as systemd would, with SIGTERM; one that does not end within 30 seconds is killed. Returns its log.</summary>
    public async Task<string> StopAsync()
    {
        if (!_process.HasExited)
        {
            await ExternalProgram.RunAsync("kill", "-TERM", $"{_process.Id}");
            try
            {
                await _process.WaitForExitAsync().WaitAsync(StopTimeout);
            }
            catch (TimeoutException)
            {
                _process.Kill();
            }
        }

        return await _output + await _errors;
    }

    /// <summary>Kills it as a crash would.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Rest.Dispose();
        _process.Dispose();
    }
}
