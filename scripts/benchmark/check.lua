-- The check, as a few lines of Lua in nginx: a send to a recipient of the list, kept in memory, is answered 21610.

ngx.req.read_body()
local to = ngx.req.get_post_args()["To"]
if to and ngx.shared.opt_outs:get(to) then
    ngx.status = 400
    ngx.header["Content-Type"] = "application/json"
    ngx.say('{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "status": 400}')
    return ngx.exit(400)
end
