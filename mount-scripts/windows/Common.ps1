# Runs the program; its own words are enough when it fails.
function Invoke-Program([string] $Program) {
    & $Program @args
    if ($LASTEXITCODE -ne 0) { throw "orthanc-cloudfs $($args[0]) ended with exit code $LASTEXITCODE" }
}
