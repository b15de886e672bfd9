using System.Runtime.InteropServices;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>What Wine lacks of Windows, for tests that need it.</summary>
public static class Wine
{
    /// <summary>Why a test cannot run there.</summary>
    public const string NoRsa = "Wine 8 has no BCryptGetProperty for RSA keys, so .NET cannot use one there";

    /// <summary>This is Wine and no Windows: its ntdll says so.</summary>
    public static bool IsRunning { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll.dll", out nint ntdll) && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out _);
}
